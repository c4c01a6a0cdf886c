{{ staging_fluxvision_rejets('frequentation_nuitee_int') }}
