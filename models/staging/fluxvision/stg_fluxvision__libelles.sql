{{ libelles_fluxvision() }}
