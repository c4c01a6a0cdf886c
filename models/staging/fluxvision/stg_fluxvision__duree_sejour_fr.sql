{{ staging_fluxvision('duree_sejour_fr') }}
