{{ staging_fluxvision('export_mobilite') }}
