-- Which fifteen departments do the tourists of the Cantal come from in the latest year?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    provenances.rang,
    departements.nom_departement,
    provenances.volume as nuitees,
    provenances.part,
    provenances.evolution
from {{ ref('mart_tourisme_provenances') }} as provenances
inner join {{ ref('dim_departement') }} as departements
    on provenances.code_origine = departements.code_departement
where
    provenances.code_zone = 'CANTAL'
    and provenances.annee = (
        select max(annees.annee) from {{ ref('mart_tourisme_provenances') }} as annees
    )
    and provenances.code_periode = 'annee_complete'
    and provenances.mesure = 'nuitees'
    and provenances.type_origine = 'departement'
    and provenances.rang <= 15
order by provenances.rang
