{{ staging_fluxvision_rejets('diurne_age') }}
