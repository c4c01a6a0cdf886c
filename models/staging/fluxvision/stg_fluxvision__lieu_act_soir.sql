{{ staging_fluxvision('lieu_activite_soir') }}
