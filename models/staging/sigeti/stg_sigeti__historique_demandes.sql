with source as (
    select * from {{ source('sigeti', 'historique_demandes') }}
),

renamed as (
    select
        id as id_action,
        demande_attribution_id as id_demande,
        {{ code_lu('action') }} as code_action,
        etape_source,
        etape_destination,
        {{ code_lu('statut_avant') }} as statut_avant,
        {{ code_lu('statut_apres') }} as statut_apres,
        {{ jour_au_calendrier('date_action') }} as date_action
    from source
)

select * from renamed
