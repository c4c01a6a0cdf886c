-- No indicator counts more days than its period has, nor a day outside it.
{{ config(enabled='fluxvision' in var('sources')) }}

with indicateurs as (
    select * from {{ ref('mart_tourisme_indicateurs') }}
),

periodes as (
    select * from {{ ref('dim_periode') }}
)

select
    indicateurs.code_zone,
    indicateurs.annee,
    indicateurs.code_periode,
    indicateurs.code_indicateur,
    indicateurs.jours_observes,
    indicateurs.date_valeur
from indicateurs
left join periodes
    on
        indicateurs.code_periode = periodes.code_periode
        and indicateurs.annee = periodes.annee
where
    periodes.date_debut is null
    or indicateurs.jours_observes not between 1 and periodes.nb_jours
    or indicateurs.date_valeur not between periodes.date_debut and periodes.date_fin
