-- Each week by machine against the week before: pieces, and how occupied its time was.
{{ config(enabled='atelier' in var('sources')) }}

with semaines as (
    select
        performance.code_centre_usinage,
        dates.annee_semaine,
        dates.semaine,
        sum(performance.total_pieces) as pieces,
        round(
            100 * sum(performance.temps_production_effectif)
            / nullif(sum(performance.duree_production_totale), 0), 1
        ) as taux_occupation
    from {{ ref('mart_atelier_performance') }} as performance
    inner join {{ ref('dim_date') }} as dates
        on performance.date_production = dates.date_jour
    group by
        performance.code_centre_usinage, dates.annee_semaine, dates.semaine
)

select
    centres.nom_centre_usinage,
    semaines.annee_semaine,
    semaines.semaine,
    semaines.pieces,
    semaines.pieces - lag(semaines.pieces) over (
        partition by semaines.code_centre_usinage
        order by semaines.annee_semaine, semaines.semaine
    ) as ecart_pieces,
    semaines.taux_occupation
from semaines
inner join {{ ref('dim_centre_usinage') }} as centres
    on semaines.code_centre_usinage = centres.code_centre_usinage
order by centres.nom_centre_usinage, semaines.annee_semaine, semaines.semaine
