-- What do we have of one zone in each period, family by family?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    code_bimestre,
    famille,
    etat,
    jours_attendus,
    jours_consolides,
    jours_provisoires
from {{ ref('mart_tourisme_couverture') }}
where code_zone = 'VAL_TRUYERE'
order by code_bimestre, famille
