-- Which deliveries are missing or waiting?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    zones.nom_zone,
    couverture.code_bimestre,
    couverture.etat,
    count(*) as familles,
    sum(couverture.fichiers_en_attente) as fichiers_en_attente
from {{ ref('mart_tourisme_couverture') }} as couverture
inner join {{ ref('dim_zone_observation') }} as zones
    on couverture.code_zone = zones.code_zone
where couverture.etat in ('manquant', 'en_attente')
group by zones.nom_zone, couverture.code_bimestre, couverture.etat
order by couverture.code_bimestre, zones.nom_zone
