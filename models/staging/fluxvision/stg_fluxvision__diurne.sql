{{ staging_fluxvision('diurne') }}
