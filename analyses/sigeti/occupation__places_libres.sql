-- Where there is room: free lots, their area and price.
{{ config(enabled='sigeti' in var('sources')) }}

select
    nom_zone_industrielle,
    nb_lots_disponibles,
    superficie_disponible,
    valeur_disponible,
    taux_occupation,
    niveau_occupation
from {{ ref('mart_occupation_zones') }}
where nb_lots > 0
order by superficie_disponible desc
