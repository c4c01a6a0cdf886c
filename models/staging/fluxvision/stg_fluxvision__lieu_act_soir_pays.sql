{{ staging_fluxvision('lieu_activite_soir_pays') }}
