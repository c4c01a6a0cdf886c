with source as (
    select * from {{ source('erp', 'client') }}
),

renamed as (
    select
        {{ colonnes_clients() }},
        _run_id
    from source
    where not {{ est_exclue_erp('client') }}
)

select * from renamed
