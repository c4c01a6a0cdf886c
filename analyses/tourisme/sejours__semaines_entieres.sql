-- What share of the stays of each period of the latest year lasts a week or more?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    code_zone,
    code_periode,
    round(100.0 * sum(case when nb_nuits >= 7 then volume else 0 end) / sum(volume), 1)
        as part_une_semaine_ou_plus
from {{ ref('mart_tourisme_sejours') }}
where
    annee = (
        select max(annees.annee) from {{ ref('mart_tourisme_sejours') }} as annees
    )
    and origine = 'TOTAL'
    and nb_nuits is not null
group by code_zone, code_periode
order by code_zone, code_periode
