with source as (
    select * from {{ source('erp', 'fournis') }}
),

renamed as (
    select
        {{ colonnes_fournisseurs() }},
        _run_id
    from source
    where not {{ est_exclue_erp('fournis') }}
)

select * from renamed
