{{ staging_fluxvision_rejets('sejour_duree_pays') }}
