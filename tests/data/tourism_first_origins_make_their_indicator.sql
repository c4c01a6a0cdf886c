-- The nights of the 15 first departments and 5 first countries are those that the
-- ranking shows.
{{ config(enabled='fluxvision' in var('sources')) }}

with provenances as (
    select * from {{ ref('mart_tourisme_provenances') }}
    where mesure = 'nuitees' and type_origine in ('departement', 'pays')
),

indicateurs as (
    select
        *,
        case when numero = 4 then 'departement' else 'pays' end as type_origine
    from {{ ref('mart_tourisme_indicateurs') }}
    where numero in (4, 5)
),

classements as (
    select
        code_zone,
        annee,
        code_periode,
        type_origine,
        sum(volume) as volume
    from provenances
    where rang <= case type_origine when 'departement' then 15 else 5 end
    group by code_zone, annee, code_periode, type_origine
)

select
    indicateurs.code_zone,
    indicateurs.annee,
    indicateurs.code_periode,
    indicateurs.type_origine,
    indicateurs.valeur,
    classements.volume
from indicateurs
left join classements
    on
        indicateurs.code_zone = classements.code_zone
        and indicateurs.annee = classements.annee
        and indicateurs.code_periode = classements.code_periode
        and indicateurs.type_origine = classements.type_origine
where indicateurs.valeur <> coalesce(classements.volume, 0)
