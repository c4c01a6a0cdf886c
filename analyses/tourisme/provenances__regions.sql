-- How did the share of each French region among the excursionists of the Cantal move
-- over the years?
{{ config(enabled='fluxvision' in var('sources')) }}

select distinct
    departements.nom_nouvelle_region,
    provenances.annee,
    provenances.part,
    provenances.rang
from {{ ref('mart_tourisme_provenances') }} as provenances
inner join {{ ref('dim_departement') }} as departements
    on provenances.code_origine = departements.code_nouvelle_region
where
    provenances.code_zone = 'CANTAL'
    and provenances.code_periode = 'annee_complete'
    and provenances.mesure = 'excursionnistes'
    and provenances.type_origine = 'region'
order by departements.nom_nouvelle_region, provenances.annee
