-- How far off are the weekly figures, family by family?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    famille,
    sum(volume_provisoire) as volume_provisoire,
    sum(volume_consolide) as volume_consolide,
    round(100.0 * sum(ecart) / nullif(sum(volume_consolide), 0), 1) as ecart_relatif,
    round(100.0 * sum(abs(ecart)) / nullif(sum(volume_consolide), 0), 1) as ecart_absolu
from {{ ref('mart_tourisme_provisoire') }}
group by famille
order by famille
