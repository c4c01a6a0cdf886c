with source as (
    select * from {{ source('sigeti', 'demande_attribution_lots') }}
),

renamed as (
    select
        id as id_demande_lot,
        demande_attribution_id as id_demande,
        lot_id as id_lot,
        ordre
    from source
)

select * from renamed
