-- The weeks in which long stops (a quarter of an hour and more) cost most, by machine.
{{ config(enabled='atelier' in var('sources')) }}

select
    dates.annee_semaine,
    dates.semaine,
    centres.nom_centre_usinage,
    sum(arrets.nombre) as nombre,
    round(sum(arrets.duree_comptee_secondes) / 3600, 1) as heures
from {{ ref('mart_atelier_arrets') }} as arrets
inner join {{ ref('dim_centre_usinage') }} as centres
    on arrets.code_centre_usinage = centres.code_centre_usinage
inner join {{ ref('dim_date') }} as dates
    on arrets.date_production = dates.date_jour
where
    arrets.nature = 'ARRET'
    and arrets.classe_duree in ('15_A_60_MIN', 'PLUS_1_H')
group by dates.annee_semaine, dates.semaine, centres.nom_centre_usinage
order by
    heures desc,
    dates.annee_semaine asc,
    dates.semaine asc,
    centres.nom_centre_usinage asc
