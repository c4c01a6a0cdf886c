-- On which days were the weekly nights of tourists furthest from the consolidated ones?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    date_jour,
    code_zone,
    sum(volume_provisoire) as volume_provisoire,
    sum(volume_consolide) as volume_consolide,
    sum(ecart) as ecart
from {{ ref('mart_tourisme_provisoire') }}
where
    famille = 'nuitee'
    and code_categorie = 'TOURISTE'
    and code_provenance in ('NONLOCAL', 'ETRANGER')
group by date_jour, code_zone
order by abs(sum(ecart)) desc, date_jour, code_zone asc
limit 20
