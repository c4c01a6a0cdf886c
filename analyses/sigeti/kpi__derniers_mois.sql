-- The last twelve months at a glance.
{{ config(enabled='sigeti' in var('sources')) }}

select
    annee,
    mois,
    nb_demandes,
    nb_decisions,
    delai_moyen_traitement_jours,
    montant_facture,
    montant_encaisse,
    taux_impaye,
    niveau_impaye
from {{ ref('mart_kpi_operationnels') }}
order by annee desc, mois desc
limit 12
