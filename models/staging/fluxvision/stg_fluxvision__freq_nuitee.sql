{{ staging_fluxvision('frequentation_nuitee') }}
