-- The twenty days on which a machine was least occupied, and what took its time.
{{ config(enabled='atelier' in var('sources')) }}

select
    performance.date_production,
    dates.jour_semaine,
    centres.nom_centre_usinage,
    performance.total_pieces,
    performance.taux_occupation,
    performance.taux_attente,
    performance.taux_arret_volontaire,
    performance.nb_arrets
from {{ ref('mart_atelier_performance') }} as performance
inner join {{ ref('dim_centre_usinage') }} as centres
    on performance.code_centre_usinage = centres.code_centre_usinage
inner join {{ ref('dim_date') }} as dates
    on performance.date_production = dates.date_jour
where performance.taux_occupation is not null
order by performance.taux_occupation, performance.date_production
limit 20
