with source as (
    select * from {{ source('commandes', 'p_artikel') }}
),

renamed as (
    select
        id as id_article,
        id_a_kopf as id_commande,
        position as numero_position,
        {{ code_saisi('artikel_id') }} as code_article,
        dim1 as dimension_1,
        dim2 as dimension_2,
        dim3 as dimension_3,
        _run_id,
        _loaded_at
    from source
)

select * from renamed
