-- Up to which day do we have consolidated, and provisional, nights of each zone?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    zones.nom_zone,
    max(case when couverture.etat = 'consolide' then couverture.dernier_jour end)
        as consolide_jusqu_au,
    max(case when couverture.etat = 'provisoire' then couverture.dernier_jour end)
        as provisoire_jusqu_au
from {{ ref('mart_tourisme_couverture') }} as couverture
inner join {{ ref('dim_zone_observation') }} as zones
    on couverture.code_zone = zones.code_zone
where couverture.famille = 'nuitee'
group by zones.nom_zone
order by zones.nom_zone
