-- French and international visitors add up to the total of their indicator.
{{ config(enabled='fluxvision' in var('sources')) }}

with indicateurs as (
    select * from {{ ref('mart_tourisme_indicateurs') }}
),

totaux as (
    select
        code_zone,
        annee,
        code_periode,
        unite,
        sum(case when numero in (1, 16) then valeur end) as total,
        sum(case when numero in (2, 3, 15, 15.5) then valeur end) as parties
    from indicateurs
    where numero in (1, 2, 3, 15, 15.5, 16)
    group by code_zone, annee, code_periode, unite
)

select * from totaux
where total <> parties
