with livraisons as (
    select
        famille,
        code_bimestre,
        {{ libelle_normalise('zone_du_nom') }} as libelle_zone,
        chemin
    from {{ ref('stg_fluxvision__fichiers') }}
    where
        statut in ('pending', 'failed')
        and famille is not null
        and code_bimestre is not null
),

zones as (
    select
        libelle,
        code
    from {{ ref('stg_fluxvision__libelles_connus') }}
    where nature = 'zone'
)

select
    livraisons.famille,
    coalesce(zones.code, 'INCONNU') as code_zone,
    livraisons.code_bimestre,
    count(distinct livraisons.chemin) as fichiers
from livraisons
left join zones
    on livraisons.libelle_zone = zones.libelle
group by
    livraisons.famille, coalesce(zones.code, 'INCONNU'), livraisons.code_bimestre
