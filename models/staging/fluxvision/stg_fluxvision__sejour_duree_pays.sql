{{ staging_fluxvision('sejour_duree_pays') }}
