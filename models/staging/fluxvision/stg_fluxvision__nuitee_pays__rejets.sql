{{ staging_fluxvision_rejets('nuitee_pays') }}
