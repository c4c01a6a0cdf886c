{{ staging_fluxvision('sejour_duree') }}
