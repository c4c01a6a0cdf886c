with livraisons as (
    select * from {{ ref('stg_fluxvision__fichiers') }}
    where statut in ('landed', 'superseded', 'duplicate')
),

-- A content that was sent again counts from its last sending: that one's time, and of
-- several at that time the greatest path; seen when it was last seen there.
dernieres_livraisons as (
    select
        *,
        row_number() over (
            partition by _file_id
            order by livre_a desc, {{ par_octets('chemin') }} desc, vu_a desc
        ) as rang,
        max(case when statut = 'landed' then 1 else 0 end)
            over (partition by _file_id) as est_charge,
        max(case when statut = 'landed' then _run_id end)
            over (partition by _file_id) as run_du_chargement,
        max(remplace_a) over (partition by _file_id) as remplacement
    from livraisons
)

select
    _file_id,
    table_name,
    famille,
    est_provisoire,
    code_bimestre,
    zone_du_nom,
    livre_a,
    vu_a,
    chemin,
    empreinte,
    remplacement as remplace_a,
    run_du_chargement as _run_id
from dernieres_livraisons
where rang = 1 and est_charge = 1
