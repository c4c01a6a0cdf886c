{{ staging_fluxvision('lieu_nuitee_veille') }}
