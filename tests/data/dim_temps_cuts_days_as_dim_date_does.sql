-- The calendar under its old name has the days of dim_date, cut in the same way.
with anciens as (
    select * from {{ ref('dim_temps') }}
),

jours as (
    select * from {{ ref('dim_date') }}
)

select
    anciens.date_full,
    jours.date_jour
from anciens
full outer join jours on anciens.date_full = jours.date_jour
where
    anciens.date_full is null
    or jours.date_jour is null
    or anciens.annee <> jours.annee
    or anciens.trimestre <> jours.trimestre
    or anciens.mois <> jours.mois
    or anciens.semaine <> jours.semaine
    or anciens.jour_semaine <> jours.numero_jour % 7
    or anciens.est_weekend <> jours.est_weekend
