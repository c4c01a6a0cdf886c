with source as (
    select * from {{ source('sigeti', 'zones_industrielles') }}
),

renamed as (
    select
        id as id_zone_industrielle,
        upper({{ texte_lu('code') }}) as code_zone_industrielle,
        {{ texte_lu('libelle') }} as nom_zone_industrielle,
        case
            when not {{ est_illisible('description') }}
                then {{ texte_lu('description') }}
        end as description,
        {{ code_lu('statut') }} as statut_zone,
        cast(
            {{ en_m2('superficie', 'unite_mesure') }} as numeric(17, 2)
        ) as superficie_m2,
        lots_disponibles as lots_disponibles_declares,
        _run_id
    from source
    where {{ motif_de_rejet('zones_industrielles') }} is null
)

select * from renamed
