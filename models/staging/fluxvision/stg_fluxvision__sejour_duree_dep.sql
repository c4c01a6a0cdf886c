{{ staging_fluxvision('sejour_duree_departement') }}
