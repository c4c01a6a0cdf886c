{{ rejets_sigeti('paiements', 'paiement_factures') }}
