-- The daily mart has the nights and presences of the facts, no more and no less.
{{ config(
    enabled=var('audit', false) and 'fluxvision' in var('sources'), tags=['audit']
) }}

with mart as (
    select
        code_zone,
        extract(year from date_jour) as annee,
        coalesce(sum(nuitees), 0) as nuitees,
        coalesce(sum(presences), 0) as presences
    from {{ ref('mart_tourisme_frequentation_jour') }}
    group by code_zone, extract(year from date_jour)
),

volumes as (
    select
        code_zone,
        date_jour,
        volume as nuitees,
        0 as presences
    from {{ ref('fait_nuitees') }}
    union all
    select
        code_zone,
        date_jour,
        0 as nuitees,
        volume as presences
    from {{ ref('fait_diurnes') }}
),

faits as (
    select
        code_zone,
        extract(year from date_jour) as annee,
        sum(nuitees) as nuitees,
        sum(presences) as presences
    from volumes
    group by code_zone, extract(year from date_jour)
)

select
    coalesce(mart.code_zone, faits.code_zone) as code_zone,
    coalesce(mart.annee, faits.annee) as annee,
    mart.nuitees as nuitees_du_mart,
    faits.nuitees as nuitees_des_faits,
    mart.presences as presences_du_mart,
    faits.presences as presences_des_faits
from mart
full outer join faits
    on
        mart.code_zone = faits.code_zone
        and mart.annee = faits.annee
where
    coalesce(mart.nuitees, -1) <> coalesce(faits.nuitees, -1)
    or coalesce(mart.presences, -1) <> coalesce(faits.presences, -1)
