{{ staging_fluxvision_rejets('diurne') }}
