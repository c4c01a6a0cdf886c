-- Which clients should be reminded first: the oldest and largest receivables.
{{ config(enabled='sigeti' in var('sources')) }}

select
    raison_sociale,
    segment,
    risque,
    criticite,
    age_max_creance_jours,
    reste_a_payer,
    creances_91_180 + creances_plus_180 as plus_de_90_jours
from {{ ref('mart_portefeuille_clients') }}
where est_alerte_impaye
order by reste_a_payer desc
limit 20
