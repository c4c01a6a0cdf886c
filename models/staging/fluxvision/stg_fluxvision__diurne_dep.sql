{{ staging_fluxvision('diurne_departement') }}
