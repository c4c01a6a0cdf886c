{{ staging_fluxvision_rejets('lieu_activite_soir_departement') }}
