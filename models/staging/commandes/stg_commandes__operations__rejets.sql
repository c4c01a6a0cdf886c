{{ rejets_commandes('operations') }}
