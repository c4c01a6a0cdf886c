with source as (
    select * from {{ source('sigeti', 'tarifs') }}
),

renamed as (
    select
        id as id_tarif,
        {{ code_lu('code') }} as code_tarif,
        {{ texte_lu('libelle') }} as libelle_tarif,
        cast(montant as numeric(17, 2)) as montant,
        {{ code_lu('devise') }} as devise
    from source
)

select * from renamed
