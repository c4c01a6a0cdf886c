-- The twenty first communes of the Cantal in the summer of 2024, and what they were in 2023.
select
    mobilite.rang,
    communes.nom_commune,
    mobilite.volume as volume_2024,
    mobilite.volume_n1 as volume_2023,
    mobilite.volume - coalesce(mobilite.volume_n1, 0) as ecart,
    avant.rang as rang_2023
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
    and mobilite.annee = 2024
    and mobilite.code_periode = 'vacances_ete'
    and mobilite.rang <= 20
order by mobilite.rang
