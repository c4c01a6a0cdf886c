with source as (
    select * from {{ source('sigeti', 'decisions_commission') }}
),

renamed as (
    select
        id as id_decision,
        commission_id as id_commission,
        demande_attribution_id as id_demande,
        {{ code_lu('decision') }} as decision,
        {{ jour_au_calendrier('date_decision') }} as date_decision
    from source
)

select * from renamed
