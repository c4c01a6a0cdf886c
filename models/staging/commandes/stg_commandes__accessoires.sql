with source as (
    select * from {{ source('commandes', 'p_zubeh') }}
),

renamed as (
    select
        id_a_kopf as id_commande,
        position as numero_position,
        {{ code_saisi('kennung') }} as nature_accessoire,
        z_nr as numero_accessoire,
        case
            when not {{ est_illisible('z_code') }} then {{ code_saisi('z_code') }}
        end as code_accessoire,
        {{ decimal_erp('stueck', 2) }} as quantite,
        _run_id,
        _loaded_at
    from source
)

select * from renamed
