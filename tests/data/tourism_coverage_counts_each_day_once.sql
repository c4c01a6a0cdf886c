-- A period has no more delivered days than days, and its state says which kind they
-- are.
{{ config(enabled='fluxvision' in var('sources')) }}

select
    code_zone,
    famille,
    code_bimestre,
    etat,
    jours_attendus,
    jours_consolides,
    jours_provisoires
from {{ ref('mart_tourisme_couverture') }}
where
    jours_consolides + jours_provisoires > jours_attendus
    or (etat = 'consolide') <> (jours_consolides > 0)
    or (etat = 'provisoire') <> (jours_consolides = 0 and jours_provisoires > 0)
