{{ staging_fluxvision_rejets('export_mobilite') }}
