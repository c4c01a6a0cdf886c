-- All figures of the infographic of one zone and period, against the year before.
{{ config(enabled='fluxvision' in var('sources')) }}

select
    numero,
    nom_indicateur,
    valeur,
    date_valeur,
    valeur_n1,
    evolution,
    jours_observes,
    est_provisoire
from {{ ref('mart_tourisme_indicateurs') }}
where
    code_zone = 'HAUT_CANTAL'
    and code_periode = 'vacances_hiver'
    and annee = (
        select max(annees.annee) from {{ ref('mart_tourisme_indicateurs') }} as annees
    )
order by numero
