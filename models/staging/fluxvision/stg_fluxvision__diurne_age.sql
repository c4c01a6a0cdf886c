{{ staging_fluxvision('diurne_age') }}
