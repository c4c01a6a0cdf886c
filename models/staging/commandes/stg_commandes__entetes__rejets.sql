{{ rejets_commandes('entetes') }}
