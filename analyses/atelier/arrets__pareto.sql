-- Which stops and waits cost most of each machine's time, over all days: the Pareto of
-- a period is made of its seconds, since ranks and shares of days do not add up.
{{ config(enabled='atelier' in var('sources')) }}

with couts as (
    select
        code_centre_usinage,
        nature,
        classe_duree,
        sum(nombre) as nombre,
        sum(duree_comptee_secondes) as secondes
    from {{ ref('mart_atelier_arrets') }}
    group by code_centre_usinage, nature, classe_duree
)

select
    centres.nom_centre_usinage,
    couts.nature,
    couts.classe_duree,
    couts.nombre,
    round(couts.secondes / 3600, 1) as heures,
    round(
        100 * sum(couts.secondes) over (
            partition by couts.code_centre_usinage
            order by couts.secondes desc, couts.nature asc, couts.classe_duree asc
            rows between unbounded preceding and current row
        ) / nullif(
            sum(couts.secondes) over (partition by couts.code_centre_usinage), 0
        ), 1
    ) as part_cumulee
from couts
inner join {{ ref('dim_centre_usinage') }} as centres
    on couts.code_centre_usinage = centres.code_centre_usinage
order by centres.nom_centre_usinage asc, couts.secondes desc
