{{ rejets_sigeti('zones_industrielles') }}
