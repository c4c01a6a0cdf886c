{{ staging_fluxvision('frequentation_nuitee_fr') }}
