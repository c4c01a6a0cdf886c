{{ staging_fluxvision('lieu_activite_veille_pays') }}
