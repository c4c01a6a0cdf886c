{{ staging_fluxvision('lieu_nuitee_soir_pays') }}
