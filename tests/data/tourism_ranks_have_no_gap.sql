-- Ranks run from 1 without a gap, from the greatest volume to the smallest.
{{ config(enabled='fluxvision' in var('sources')) }}

with rangs as (
    select
        code_zone,
        annee,
        code_periode,
        mesure || ' ' || type_origine as classement,
        rang,
        volume
    from {{ ref('mart_tourisme_provenances') }}
    where rang is not null
    union all
    select
        code_zone,
        annee,
        code_periode,
        'communes' as classement,
        rang,
        volume
    from {{ ref('mart_tourisme_mobilite') }}
),

suites as (
    select
        *,
        lag(rang, 1, 0) over (
            partition by code_zone, annee, code_periode, classement order by rang
        ) as rang_avant,
        lag(volume) over (
            partition by code_zone, annee, code_periode, classement order by rang
        ) as volume_avant
    from rangs
)

select * from suites
where rang <> rang_avant + 1 or volume > volume_avant
