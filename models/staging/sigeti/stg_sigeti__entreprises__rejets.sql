{{ rejets_sigeti('entreprises') }}
