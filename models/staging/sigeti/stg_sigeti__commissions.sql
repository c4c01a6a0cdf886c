with source as (
    select * from {{ source('sigeti', 'commissions') }}
),

renamed as (
    select
        id as id_commission,
        {{ code_lu('type') }} as type_commission,
        {{ code_lu('statut') }} as statut_commission,
        {{ jour_local('date_commission') }} as date_commission
    from source
)

select * from renamed
