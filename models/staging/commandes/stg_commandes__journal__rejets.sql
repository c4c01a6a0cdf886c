{{ rejets_commandes('journal') }}
