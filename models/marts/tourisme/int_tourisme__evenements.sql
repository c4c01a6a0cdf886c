{{ config(materialized='table') }}

with periodes as (
    select * from {{ ref('dim_periode') }}
    where code_periode <> 'INCONNU'
),

dates as (
    select * from {{ ref('dim_date') }}
),

weekends as (
    select
        code_periode as code_fenetre,
        date_debut,
        date_fin,
        cast(null as {{ dbt.type_string() }}) as code_periode
    from periodes
    where code_periode in ('weekend_paques', 'weekend_ascension', 'weekend_pentecote')
),

jours_fixes as (
    select
        case
            when extract(month from date_jour) = 5 then 'premier_mai'
            when extract(month from date_jour) = 7 then 'quatorze_juillet'
            else 'quinze_aout'
        end as code_fenetre,
        date_jour as date_debut,
        date_jour as date_fin,
        cast(null as {{ dbt.type_string() }}) as code_periode
    from dates
    where
        (extract(month from date_jour), extract(day from date_jour))
        in ((5, 1), (7, 14), (8, 15))
),

samedis_d_hiver as (
    select
        dates.date_jour,
        row_number() over (
            partition by periodes.annee
            order by dates.date_jour
        ) as rang
    from periodes
    inner join dates
        on dates.date_jour between periodes.date_debut and periodes.date_fin
    where
        periodes.code_periode = 'vacances_hiver'
        and dates.numero_jour = 6
),

samedis_comptes as (
    select
        case rang when 2 then 'samedi_2' else 'samedi_3' end as code_fenetre,
        date_jour as date_debut,
        date_jour as date_fin,
        'vacances_hiver' as code_periode
    from samedis_d_hiver
    where rang in (2, 3)
)

select * from weekends
union all
select * from jours_fixes
union all
select * from samedis_comptes
