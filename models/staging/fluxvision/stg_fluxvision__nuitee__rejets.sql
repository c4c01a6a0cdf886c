{{ staging_fluxvision_rejets('nuitee') }}
