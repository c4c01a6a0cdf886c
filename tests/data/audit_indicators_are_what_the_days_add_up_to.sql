-- Nights and excursionists of a period are the sum of the days of the daily mart.
{{ config(
    enabled=var('audit', false) and 'fluxvision' in var('sources'), tags=['audit']
) }}

with jours as (
    select * from {{ ref('mart_tourisme_frequentation_jour') }}
    where code_provenance in ('NONLOCAL', 'ETRANGER')
),

periodes as (
    select * from {{ ref('dim_periode') }}
),

indicateurs as (
    select * from {{ ref('mart_tourisme_indicateurs') }}
    where numero in (1, 16)
),

sommes as (
    select
        jours.code_zone,
        periodes.annee,
        periodes.code_periode,
        sum(case when jours.code_categorie = 'TOURISTE' then jours.nuitees end) as nuitees,
        sum(case when jours.code_categorie = 'EXCURSIONNISTE' then jours.presences end)
            as excursionnistes
    from periodes
    inner join jours
        on jours.date_jour between periodes.date_debut and periodes.date_fin
    group by jours.code_zone, periodes.annee, periodes.code_periode
)

select
    indicateurs.code_zone,
    indicateurs.annee,
    indicateurs.code_periode,
    indicateurs.code_indicateur,
    indicateurs.valeur,
    sommes.nuitees,
    sommes.excursionnistes
from indicateurs
left join sommes
    on
        indicateurs.code_zone = sommes.code_zone
        and indicateurs.annee = sommes.annee
        and indicateurs.code_periode = sommes.code_periode
where
    indicateurs.valeur <> coalesce(
        case indicateurs.numero when 1 then sommes.nuitees else sommes.excursionnistes end, 0
    )
