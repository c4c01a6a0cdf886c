{{ staging_fluxvision_rejets('frequentation_journee') }}
