with jours as (
    select * from {{ ref('stg_reference__jours') }}
),

saisons as (
    select * from {{ ref('dim_saison') }}
)

select
    jours.date_jour,
    jours.annee,
    jours.trimestre,
    jours.mois,
    jours.semaine,
    jours.annee_semaine,
    jours.numero_jour,
    jours.jour_semaine,
    jours.numero_jour >= 6 as est_weekend,
    jours.jours_depuis_paques,
    jours.ferie,
    jours.nom_ferie,
    jours.vacances_a,
    jours.vacances_b,
    jours.vacances_c,
    jours.nom_vacances,
    jours.ferie_ci,
    jours.nom_ferie_ci,
    coalesce(saisons.code_saison, 'INCONNU') as code_saison
from jours
left join saisons
    on jours.date_jour between saisons.date_debut and saisons.date_fin
