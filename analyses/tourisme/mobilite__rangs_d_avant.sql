-- The twenty first communes of the Cantal in the latest year, and where they stood in
-- the year before.
{{ config(enabled='fluxvision' in var('sources')) }}

select
    mobilite.rang,
    communes.nom_commune,
    mobilite.volume,
    mobilite.volume_n1 as volume_avant,
    mobilite.volume - coalesce(mobilite.volume_n1, 0) as ecart,
    avant.rang as rang_avant
from {{ ref('mart_tourisme_mobilite') }} as mobilite
inner join {{ ref('dim_commune') }} as communes
    on mobilite.code_commune = communes.code_commune
left join {{ ref('mart_tourisme_mobilite') }} as avant
    on
        mobilite.code_zone = avant.code_zone
        and mobilite.code_periode = avant.code_periode
        and mobilite.code_commune = avant.code_commune
        and mobilite.annee = avant.annee + 1
where
    mobilite.code_zone = 'CANTAL'
    and mobilite.annee = (
        select max(annees.annee) from {{ ref('mart_tourisme_mobilite') }} as annees
    )
    and mobilite.code_periode = 'annee_complete'
    and mobilite.rang <= 20
order by mobilite.rang
