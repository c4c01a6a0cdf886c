with source as (
    select * from {{ source('reference', 'saisons') }}
),

renamed as (
    select
        cast(annee as smallint) as annee,
        saison,
        date_debut,
        date_fin
    from source
)

select * from renamed
