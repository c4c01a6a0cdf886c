with source as (
    select * from {{ source('commandes', 'a_kopffreie') }}
),

renamed as (
    select
        id_a_kopf as id_commande,
        {{ nombre_saisi('nummer') }} as numero_jeu,
        {{ code_saisi('feld_typ') }} as type_champ,
        {{ nombre_saisi('feld2') }} as nb_chassis,
        {{ jour_saisi('feld3') }} as date_saisie,
        {{ jour_saisi('feld5') }} as date_livraison,
        _run_id,
        _loaded_at
    from source
)

select * from renamed
