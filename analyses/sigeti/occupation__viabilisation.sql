-- How much of each zone is serviced, and what a square metre costs there.
{{ config(enabled='sigeti' in var('sources')) }}

select
    nom_zone_industrielle,
    nb_lots,
    taux_viabilisation,
    prix_moyen_m2
from {{ ref('mart_occupation_zones') }}
where nb_lots > 0
order by taux_viabilisation
