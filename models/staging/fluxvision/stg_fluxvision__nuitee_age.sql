{{ staging_fluxvision('nuitee_age') }}
