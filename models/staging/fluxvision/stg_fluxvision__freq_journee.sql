{{ staging_fluxvision('frequentation_journee') }}
