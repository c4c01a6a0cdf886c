{{ rejets_commandes('champs_libres') }}
