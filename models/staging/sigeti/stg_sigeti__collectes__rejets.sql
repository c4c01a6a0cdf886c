{{ rejets_sigeti('collectes') }}
