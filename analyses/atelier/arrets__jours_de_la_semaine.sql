-- Hours lost per day worked, stops and waits apart, by day of the week.
{{ config(enabled='atelier' in var('sources')) }}

with pertes as (
    select
        code_centre_usinage,
        date_production,
        sum(case when nature = 'ARRET' then duree_comptee_secondes else 0 end)
            as secondes_arret,
        sum(case when nature = 'ATTENTE' then duree_comptee_secondes else 0 end)
            as secondes_attente
    from {{ ref('mart_atelier_arrets') }}
    group by code_centre_usinage, date_production
)

select
    centres.nom_centre_usinage,
    dates.jour_semaine,
    count(*) as jours,
    round(avg(pertes.secondes_arret) / 3600, 2) as heures_arret_par_jour,
    round(avg(pertes.secondes_attente) / 3600, 2) as heures_attente_par_jour
from pertes
inner join {{ ref('dim_centre_usinage') }} as centres
    on pertes.code_centre_usinage = centres.code_centre_usinage
inner join {{ ref('dim_date') }} as dates
    on pertes.date_production = dates.date_jour
group by centres.nom_centre_usinage, dates.numero_jour, dates.jour_semaine
order by centres.nom_centre_usinage, dates.numero_jour
