with source as (
    select * from {{ source('reference', 'epci') }}
),

renamed as (
    select
        siren as code_epci,
        nom as nom_epci,
        type as type_epci,
        departement as code_departement,
        cast(nb_communes as smallint) as nb_communes,
        cast(premier_millesime as smallint) as premier_millesime,
        cast(dernier_millesime as smallint) as dernier_millesime
    from source
)

select * from renamed
