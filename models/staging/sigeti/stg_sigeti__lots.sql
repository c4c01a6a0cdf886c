with source as (
    select * from {{ source('sigeti', 'lots') }}
),

renamed as (
    select
        {{ colonnes_lots() }},
        _run_id
    from source
    where {{ motif_de_rejet('lots') }} is null
)

select * from renamed
