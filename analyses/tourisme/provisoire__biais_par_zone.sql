-- Do the weekly figures of a zone lean to one side, for French and international
-- visitors?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    zones.nom_zone,
    provisoire.code_provenance,
    count(distinct provisoire.date_jour) as jours_compares,
    round(
        100.0 * sum(provisoire.ecart) / nullif(sum(provisoire.volume_consolide), 0), 1
    )
        as biais
from {{ ref('mart_tourisme_provisoire') }} as provisoire
inner join {{ ref('dim_zone_observation') }} as zones
    on provisoire.code_zone = zones.code_zone
where
    provisoire.famille in ('nuitee', 'diurne')
    and provisoire.code_provenance in ('NONLOCAL', 'ETRANGER')
group by zones.nom_zone, provisoire.code_provenance
order by zones.nom_zone, provisoire.code_provenance
