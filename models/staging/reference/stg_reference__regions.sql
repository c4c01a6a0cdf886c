with source as (
    select * from {{ source('reference', 'regions') }}
),

renamed as (
    select
        code as code_region,
        nom as nom_region,
        chef_lieu as code_chef_lieu,
        cast(premier_millesime as smallint) as premier_millesime,
        cast(dernier_millesime as smallint) as dernier_millesime
    from source
)

select * from renamed
