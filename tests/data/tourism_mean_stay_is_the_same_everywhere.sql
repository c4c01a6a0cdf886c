-- The mean stay beside the histogram is the indicator.
{{ config(enabled='fluxvision' in var('sources')) }}

with sejours as (
    select distinct
        code_zone,
        annee,
        code_periode,
        origine,
        duree_moyenne
    from {{ ref('mart_tourisme_sejours') }}
),

indicateurs as (
    select
        *,
        case numero when 25 then 'TOTAL' when 26 then 'FRANCE' else 'INTERNATIONAL' end
            as origine
    from {{ ref('mart_tourisme_indicateurs') }}
    where numero in (25, 26, 27)
)

select
    coalesce(sejours.code_zone, indicateurs.code_zone) as code_zone,
    coalesce(sejours.annee, indicateurs.annee) as annee,
    coalesce(sejours.code_periode, indicateurs.code_periode) as code_periode,
    coalesce(sejours.origine, indicateurs.origine) as origine,
    sejours.duree_moyenne,
    indicateurs.valeur
from sejours
full outer join indicateurs
    on
        sejours.code_zone = indicateurs.code_zone
        and sejours.annee = indicateurs.annee
        and sejours.code_periode = indicateurs.code_periode
        and sejours.origine = indicateurs.origine
where coalesce(sejours.duree_moyenne, -1) <> coalesce(indicateurs.valeur, -1)
