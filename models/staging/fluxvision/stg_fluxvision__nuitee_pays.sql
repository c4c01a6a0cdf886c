{{ staging_fluxvision('nuitee_pays') }}
