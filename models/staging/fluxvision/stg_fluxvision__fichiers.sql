with source as (
    select * from {{ source('etl', 'file_ledger') }}
),

renamed as (
    select
        delivery_id,
        _file_id,
        table_name,
        {{ famille_de('table_name') }} as famille,
        kind = 'provisional' as est_provisoire,
        status as statut,
        period as code_bimestre,
        zone as zone_du_nom,
        path as chemin,
        sha256 as empreinte,
        delivered_at as livre_a,
        seen_at as vu_a,
        landed_at as charge_a,
        replaced_at as remplace_a,
        first_day as premier_jour,
        last_day as dernier_jour,
        run_id as _run_id
    from source
    where source = 'fluxvision'
)

select * from renamed
