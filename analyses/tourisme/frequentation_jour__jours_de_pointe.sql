-- Which ten days of the latest year had most visitors from elsewhere in Pays Saint
-- Flour, and were they holidays?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    frequentation.date_jour,
    dates.nom_ferie,
    dates.nom_vacances,
    sum(frequentation.presences) as presences
from {{ ref('mart_tourisme_frequentation_jour') }} as frequentation
inner join {{ ref('dim_date') }} as dates
    on frequentation.date_jour = dates.date_jour
where
    frequentation.code_zone = 'PAYS_SAINT_FLOUR'
    and frequentation.code_provenance in ('NONLOCAL', 'ETRANGER')
    and frequentation.annee = (
        select max(annees.annee)
        from {{ ref('mart_tourisme_frequentation_jour') }} as annees
    )
group by frequentation.date_jour, dates.nom_ferie, dates.nom_vacances
order by presences desc, frequentation.date_jour asc
limit 10
