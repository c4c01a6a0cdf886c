{{ staging_fluxvision('diurne_geolife') }}
