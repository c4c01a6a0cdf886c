{{ rejets_sigeti('demandes_attribution') }}
