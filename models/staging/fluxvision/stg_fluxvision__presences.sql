{{ presences_fluxvision() }}
