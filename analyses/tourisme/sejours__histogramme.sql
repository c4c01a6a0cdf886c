-- How long do French and international tourists stay in the Cantal in the latest
-- winter holidays?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    durees.ordre,
    durees.libelle_duree,
    max(case when sejours.origine = 'FRANCE' then sejours.part end) as part_france,
    max(case when sejours.origine = 'INTERNATIONAL' then sejours.part end)
        as part_international
from {{ ref('mart_tourisme_sejours') }} as sejours
inner join {{ ref('dim_duree_sejour') }} as durees
    on sejours.code_duree = durees.code_duree
where
    sejours.code_zone = 'CANTAL'
    and sejours.annee = (
        select max(annees.annee) from {{ ref('mart_tourisme_sejours') }} as annees
    )
    and sejours.code_periode = 'vacances_hiver'
group by durees.ordre, durees.libelle_duree
order by durees.ordre
