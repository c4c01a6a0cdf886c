{{ staging_fluxvision('nuitee_geolife') }}
