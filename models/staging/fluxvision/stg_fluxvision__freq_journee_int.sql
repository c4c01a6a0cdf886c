{{ staging_fluxvision('frequentation_journee_int') }}
