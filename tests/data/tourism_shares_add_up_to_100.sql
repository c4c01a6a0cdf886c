-- Shares of one whole add up to 100 %, but for the rounding of each to one decimal.
{{ config(enabled='fluxvision' in var('sources')) }}

with parts as (
    select
        code_zone,
        annee,
        code_periode,
        mesure || ' ' || type_origine as ensemble,
        part
    from {{ ref('mart_tourisme_provenances') }}
    union all
    select
        code_zone,
        annee,
        code_periode,
        origine as ensemble,
        part
    from {{ ref('mart_tourisme_sejours') }}
)

select
    code_zone,
    annee,
    code_periode,
    ensemble,
    sum(part) as total
from parts
group by code_zone, annee, code_periode, ensemble
having abs(sum(part) - 100) > 0.05 * count(*)
