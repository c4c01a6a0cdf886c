-- How many tourists slept in the Cantal on each night of the latest winter holidays,
-- and from where?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    frequentation.date_jour,
    sum(
        case
            when frequentation.code_provenance = 'NONLOCAL' then frequentation.nuitees
        end
    ) as francais,
    sum(
        case
            when frequentation.code_provenance = 'ETRANGER' then frequentation.nuitees
        end
    ) as etrangers
from {{ ref('mart_tourisme_frequentation_jour') }} as frequentation
inner join {{ ref('dim_periode') }} as periodes
    on frequentation.date_jour between periodes.date_debut and periodes.date_fin
where
    frequentation.code_zone = 'CANTAL'
    and frequentation.code_categorie = 'TOURISTE'
    and periodes.code_periode = 'vacances_hiver'
    and periodes.annee = (
        select max(annees.annee)
        from {{ ref('mart_tourisme_frequentation_jour') }} as annees
    )
group by frequentation.date_jour
order by frequentation.date_jour
