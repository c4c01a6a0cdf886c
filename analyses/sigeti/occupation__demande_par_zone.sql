-- Which zones are asked for, and how long a request takes there.
{{ config(enabled='sigeti' in var('sources')) }}

select
    nom_zone_industrielle,
    nb_demandes,
    nb_demandes_en_attente,
    superficie_demandee,
    taux_approbation,
    delai_moyen_traitement_jours,
    age_moyen_demandes_jours
from {{ ref('mart_occupation_zones') }}
where nb_demandes > 0
order by nb_demandes desc
