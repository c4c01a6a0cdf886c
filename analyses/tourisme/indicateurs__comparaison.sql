-- Two zones, years or periods side by side (A and B are any two cells).
{{ config(enabled='fluxvision' in var('sources')) }}

select
    cote_a.numero,
    cote_a.nom_indicateur,
    cote_a.valeur as valeur_a,
    cote_b.valeur as valeur_b,
    cote_a.jours_observes as jours_a,
    cote_b.jours_observes as jours_b
from {{ ref('mart_tourisme_indicateurs') }} as cote_a
inner join {{ ref('mart_tourisme_indicateurs') }} as cote_b
    on cote_a.code_indicateur = cote_b.code_indicateur
where
    cote_a.code_zone = 'CANTAL'
    and cote_a.code_periode = 'vacances_hiver'
    and cote_a.annee = (
        select max(annees.annee) from {{ ref('mart_tourisme_indicateurs') }} as annees
    )
    and cote_b.code_zone = 'PAYS_AURILLAC'
    and cote_b.code_periode = 'vacances_hiver'
    and cote_b.annee = cote_a.annee
order by cote_a.numero
