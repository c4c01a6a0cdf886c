with departements as (
    select * from {{ ref('departements') }}
),

academies as (
    select distinct
        code_academie,
        nom_academie,
        zone_vacances
    from {{ ref('academies') }}
)

select distinct
    departements.code_departement,
    departements.nom_departement,
    departements.nom_officiel,
    departements.code_region,
    departements.nom_region,
    departements.code_nouvelle_region,
    departements.nom_nouvelle_region,
    academies.nom_academie,
    academies.zone_vacances
from departements
left join academies on departements.code_academie = academies.code_academie
union all
select
    'INCONNU' as code_departement,
    'Inconnu' as nom_departement,
    'Inconnu' as nom_officiel,
    'INCONNU' as code_region,
    'Inconnu' as nom_region,
    'INCONNU' as code_nouvelle_region,
    'Inconnu' as nom_nouvelle_region,
    cast(null as {{ dbt.type_string() }}) as nom_academie,
    cast(null as {{ dbt.type_string() }}) as zone_vacances
