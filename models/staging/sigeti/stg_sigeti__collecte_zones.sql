with source as (
    select * from {{ source('sigeti', 'collecte_zones') }}
),

renamed as (
    select
        id as id_collecte_zone,
        collecte_id as id_collecte,
        zone_industrielle_id as id_zone_industrielle
    from source
)

select * from renamed
