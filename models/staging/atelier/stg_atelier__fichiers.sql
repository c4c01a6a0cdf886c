with source as (
    select * from {{ source('etl', 'file_ledger') }}
),

renamed as (
    select
        delivery_id,
        _file_id,
        table_name,
        logical_name as nom_logique,
        status as statut,
        path as chemin,
        sha256 as empreinte,
        delivered_at as livre_a,
        seen_at as vu_a,
        replaced_at as remplace_a,
        continues_file_id as suite_de,
        cast(first_row as {{ dbt.type_bigint() }}) as premiere_ligne,
        cast(coalesce(first_row, 1) - 1 + rows_read as {{ dbt.type_bigint() }})
            as nb_lignes,
        run_id as _run_id
    from source
    where source = 'atelier'
)

select * from renamed
