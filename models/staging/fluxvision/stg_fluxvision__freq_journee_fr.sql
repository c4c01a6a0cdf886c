{{ staging_fluxvision('frequentation_journee_fr') }}
