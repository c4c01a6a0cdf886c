with source as (
    select * from {{ source('reference', 'departements') }}
),

renamed as (
    select
        code as code_departement,
        nom as nom_departement,
        region as code_nouvelle_region,
        chef_lieu as code_chef_lieu,
        cast(premier_millesime as smallint) as premier_millesime,
        cast(dernier_millesime as smallint) as dernier_millesime
    from source
)

select * from renamed
