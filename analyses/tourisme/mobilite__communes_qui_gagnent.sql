-- Which commune of each zone has gained most evenings on the year before?
{{ config(enabled='fluxvision' in var('sources')) }}

with gains as (
    select
        code_zone,
        code_commune,
        volume - coalesce(volume_n1, 0) as gain,
        evolution,
        row_number() over (
            partition by code_zone order by volume - coalesce(volume_n1, 0) desc, rang
        ) as rang_du_gain
    from {{ ref('mart_tourisme_mobilite') }}
    where
        annee = (
            select max(annees.annee) from {{ ref('mart_tourisme_mobilite') }} as annees
        )
        and code_periode = 'annee_complete'
)

select
    gains.code_zone,
    communes.nom_commune,
    gains.gain,
    gains.evolution
from gains
inner join {{ ref('dim_commune') }} as communes
    on gains.code_commune = communes.code_commune
where gains.rang_du_gain = 1
order by gains.code_zone
