-- What each month's campaigns aim at and have recovered.
{{ config(enabled='sigeti' in var('sources')) }}

select
    annee,
    mois,
    code_zone_industrielle,
    nb_collectes,
    montant_a_recouvrer,
    montant_recouvre,
    taux_recouvrement,
    est_alerte_recouvrement
from {{ ref('mart_performance_financiere') }}
where nb_collectes > 0
order by annee, mois, code_zone_industrielle
