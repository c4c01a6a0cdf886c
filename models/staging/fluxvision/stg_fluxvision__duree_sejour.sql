{{ staging_fluxvision('duree_sejour') }}
