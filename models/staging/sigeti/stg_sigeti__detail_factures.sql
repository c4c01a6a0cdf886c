with source as (
    select * from {{ source('sigeti', 'detail_factures') }}
),

renamed as (
    select
        id as id_ligne,
        facture_id as id_facture,
        quantite,
        cast(prix_unitaire as numeric(17, 2)) as prix_unitaire,
        cast(
            coalesce(montant_ligne, montant, quantite * prix_unitaire) as numeric(17, 2)
        ) as montant_ligne
    from source
)

select * from renamed
