{#- The days are counted here, and not read from dim_date: a view over a dimension is
    gone while that is made anew, and nobody may see it missing (rule 5). -#}
{{ config(materialized='view') }}

{%- set mois_anglais = [
    'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
    'September', 'October', 'November', 'December',
] %}
{%- set jours_anglais = [
    'Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday',
] %}

with numeros as (
    -- 2015-01-01 to 2035-12-31, as in dim_date.
    select cast(generated_number as integer) - 1 as numero
    from ({{ dbt.generate_series(7670) }}) as suite
),

jours as (
    select
        cast({{ dbt.dateadd('day', 'numero', "cast('2015-01-01' as date)") }} as date)
            as date_full,
        -- The first of them was a Thursday; Sunday is 0.
        cast((numero + 4) % 7 as smallint) as jour_semaine
    from numeros
),

jours_decoupes as (
    select
        date_full,
        jour_semaine,
        cast(extract(year from date_full) as smallint) as annee,
        cast(extract(month from date_full) as smallint) as mois,
        cast(extract(day from date_full) as smallint) as jour,
        cast(extract(quarter from date_full) as smallint) as trimestre,
        cast(extract(week from date_full) as smallint) as semaine
    from jours
)

select
    date_full,
    cast(annee as integer) * 10000 + mois * 100 + jour as date_key,
    annee,
    mois,
    jour,
    trimestre,
    semaine,
    jour_semaine,
    case mois
        {%- for nom in mois_anglais %}
            when {{ loop.index }} then '{{ nom }}'
        {%- endfor %}
    end as nom_mois,
    case jour_semaine
        {%- for nom in jours_anglais %}
            when {{ loop.index0 }} then '{{ nom }}'
        {%- endfor %}
    end as nom_jour,
    'T' || cast(trimestre as {{ dbt.type_string() }}) as libelle_trimestre,
    jour_semaine in (0, 6) as est_weekend,
    case
        when mois = 1 and jour = 1 then 'Jour de l''An'
        when mois = 5 and jour = 1 then 'Fête du Travail'
        when mois = 8 and jour = 7 then 'Fête de l''Indépendance'
        when mois = 12 and jour = 25 then 'Noël'
    end as jour_ferie
from jours_decoupes
