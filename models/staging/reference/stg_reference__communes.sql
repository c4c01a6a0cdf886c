with source as (
    select * from {{ source('reference', 'communes') }}
),

renamed as (
    select
        code as code_commune,
        nom as nom_commune,
        type as type_commune,
        departement as code_departement,
        region as code_region,
        epci as code_epci,
        cast(premier_millesime as smallint) as premier_millesime,
        cast(dernier_millesime as smallint) as dernier_millesime,
        successeur as code_successeur
    from source
)

select * from renamed
