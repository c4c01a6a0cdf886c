-- In which ten communes do the tourists of the Cantal spend their evenings, against
-- last year?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    mobilite.rang,
    communes.nom_commune,
    mobilite.volume,
    mobilite.volume_n1,
    mobilite.evolution
from {{ ref('mart_tourisme_mobilite') }} as mobilite
inner join {{ ref('dim_commune') }} as communes
    on mobilite.code_commune = communes.code_commune
where
    mobilite.code_zone = 'CANTAL'
    and mobilite.annee = (
        select max(annees.annee) from {{ ref('mart_tourisme_mobilite') }} as annees
    )
    and mobilite.code_periode = 'vacances_hiver'
    and mobilite.rang <= 10
order by mobilite.rang
