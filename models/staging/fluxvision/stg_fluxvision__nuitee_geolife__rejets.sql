{{ staging_fluxvision_rejets('nuitee_geolife') }}
