{{ staging_fluxvision('diurne_pays') }}
