{{ staging_fluxvision_rejets('lieu_nuitee_veille') }}
