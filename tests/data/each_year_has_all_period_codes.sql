-- Each year of the calendar has each period code once.
with periodes as (
    select * from {{ ref('dim_periode') }}
    where code_periode != 'INCONNU'
),

types as (
    select * from {{ ref('periodes_types') }}
),

annees as (
    select distinct annee from {{ ref('dim_date') }}
)

select
    annees.annee,
    types.code_periode,
    count(periodes.code_periode) as nb_periodes
from annees
cross join types
left join periodes
    on
        annees.annee = periodes.annee
        and types.code_periode = periodes.code_periode
group by annees.annee, types.code_periode
having count(periodes.code_periode) != 1
