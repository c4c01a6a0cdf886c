{{ rejets_sigeti('domaines_activites') }}
