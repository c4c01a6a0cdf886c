{{ staging_fluxvision_rejets('duree_sejour_fr') }}
