-- Which commune of each zone has gained most evenings on the year before?
with gains as (
    select
        code_zone,
        code_commune,
        volume - volume_n1 as gain,
        evolution,
        row_number() over (
            partition by code_zone order by volume - volume_n1 desc, rang
        ) as rang_du_gain
    from {{ ref('mart_tourisme_mobilite') }}
    where
        annee = 2024
        and code_periode = 'annee_complete'
        and volume_n1 is not null
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
