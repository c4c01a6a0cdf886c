with source as (
    select * from {{ source('erp', 'produit') }}
),

renamed as (
    select
        {{ colonnes_produits() }},
        _run_id
    from source
    where not {{ est_exclue_erp('produit') }}
)

select * from renamed
