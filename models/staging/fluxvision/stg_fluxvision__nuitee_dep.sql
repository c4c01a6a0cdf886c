{{ staging_fluxvision('nuitee_departement') }}
