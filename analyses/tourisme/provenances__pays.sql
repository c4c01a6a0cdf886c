-- Which five countries do the tourists of each zone come from in the latest winter
-- holidays?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    zones.nom_zone,
    provenances.rang,
    pays.nom_pays,
    provenances.volume as nuitees,
    provenances.part,
    provenances.evolution
from {{ ref('mart_tourisme_provenances') }} as provenances
inner join {{ ref('dim_zone_observation') }} as zones
    on provenances.code_zone = zones.code_zone
inner join {{ ref('dim_pays') }} as pays
    on provenances.code_origine = pays.code_pays
where
    provenances.annee = (
        select max(annees.annee) from {{ ref('mart_tourisme_provenances') }} as annees
    )
    and provenances.code_periode = 'vacances_hiver'
    and provenances.mesure = 'nuitees'
    and provenances.type_origine = 'pays'
    and provenances.rang <= 5
order by zones.nom_zone, provenances.rang
