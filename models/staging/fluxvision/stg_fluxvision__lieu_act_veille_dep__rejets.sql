{{ staging_fluxvision_rejets('lieu_activite_veille_departement') }}
