{{ rejets_sigeti('factures') }}
