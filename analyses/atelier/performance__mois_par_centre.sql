-- Each month by machine: what was made, where the time went, and TRS where it is known.
-- Rates of a month are those of its hours, not means of the days'.
{{ config(enabled='atelier' in var('sources')) }}

select
    centres.nom_centre_usinage,
    dates.annee,
    dates.mois,
    count(*) as jours,
    sum(performance.total_pieces) as pieces,
    round(sum(performance.temps_production_effectif), 1) as heures_effectives,
    round(
        100 * sum(performance.temps_production_effectif)
        / nullif(sum(performance.duree_production_totale), 0), 1
    ) as taux_occupation,
    round(
        100 * sum(performance.temps_attente)
        / nullif(sum(performance.duree_production_totale), 0), 1
    ) as taux_attente,
    round(
        100 * sum(performance.temps_arret_volontaire)
        / nullif(sum(performance.duree_production_totale), 0), 1
    ) as taux_arret_volontaire,
    round(avg(performance.trs), 1) as trs_moyen,
    count(performance.trs) as jours_avec_trs
from {{ ref('mart_atelier_performance') }} as performance
inner join {{ ref('dim_centre_usinage') }} as centres
    on performance.code_centre_usinage = centres.code_centre_usinage
inner join {{ ref('dim_date') }} as dates
    on performance.date_production = dates.date_jour
group by centres.nom_centre_usinage, dates.annee, dates.mois
order by dates.annee, dates.mois, centres.nom_centre_usinage
