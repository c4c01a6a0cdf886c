-- How much of what is billed has no known zone, month by month.
{{ config(enabled='sigeti' in var('sources')) }}

select
    annee,
    mois,
    nb_factures,
    nb_factures_sans_zone,
    montant_sans_zone
from {{ ref('mart_kpi_operationnels') }}
where nb_factures > 0
order by annee, mois
