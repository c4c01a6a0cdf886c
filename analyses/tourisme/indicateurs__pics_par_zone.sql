-- When was the peak of French excursionists of each zone, year after year?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    zones.nom_zone,
    indicateurs.annee,
    indicateurs.date_valeur as jour_de_pointe,
    indicateurs.valeur as excursionnistes
from {{ ref('mart_tourisme_indicateurs') }} as indicateurs
inner join {{ ref('dim_zone_observation') }} as zones
    on indicateurs.code_zone = zones.code_zone
where
    indicateurs.code_indicateur = 'pic_excursionnistes'
    and indicateurs.code_periode = 'annee_complete'
order by zones.nom_zone, indicateurs.annee
