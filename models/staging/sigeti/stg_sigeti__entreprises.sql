with source as (
    select * from {{ source('sigeti', 'entreprises') }}
),

renamed as (
    select
        {{ colonnes_entreprises() }},
        _run_id
    from source
    where {{ motif_de_rejet('entreprises') }} is null
)

select * from renamed
