-- Is the mean stay of each zone getting shorter?
{{ config(enabled='fluxvision' in var('sources')) }}

select distinct
    zones.nom_zone,
    sejours.annee,
    sejours.origine,
    sejours.duree_moyenne
from {{ ref('mart_tourisme_sejours') }} as sejours
inner join {{ ref('dim_zone_observation') }} as zones
    on sejours.code_zone = zones.code_zone
where sejours.code_periode = 'annee_complete'
order by zones.nom_zone, sejours.origine, sejours.annee
