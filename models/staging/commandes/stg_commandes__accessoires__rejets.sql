{{ rejets_commandes('accessoires') }}
