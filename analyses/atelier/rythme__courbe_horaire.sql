-- Pieces per hour by machine and hour of the clock, over all days but Saturdays and
-- Sundays; an hour that was seen in part counts with its seconds.
{{ config(enabled='atelier' in var('sources')) }}

select
    centres.nom_centre_usinage,
    rythme.heure,
    round(
        3600.0 * sum(rythme.total_pieces) / nullif(sum(rythme.secondes_observees), 0), 1
    ) as pieces_par_heure,
    count(*) as jours
from {{ ref('mart_atelier_rythme') }} as rythme
inner join {{ ref('dim_centre_usinage') }} as centres
    on rythme.code_centre_usinage = centres.code_centre_usinage
inner join {{ ref('dim_date') }} as dates
    on rythme.date_production = dates.date_jour
where not dates.est_weekend
group by centres.nom_centre_usinage, rythme.heure
order by centres.nom_centre_usinage, rythme.heure
