{{ rejets_sigeti('lots') }}
