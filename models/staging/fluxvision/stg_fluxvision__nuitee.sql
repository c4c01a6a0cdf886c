{{ staging_fluxvision('nuitee') }}
