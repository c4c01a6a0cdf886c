with source as (
    select * from {{ source('sigeti', 'paiement_factures') }}
),

renamed as (
    select
        id as id_paiement,
        {{ texte_lu('reference_paiement') }} as reference_paiement,
        facture_id as id_facture,
        coalesce({{ code_lu('mode_paiement') }}, 'INCONNU') as mode_paiement,
        {{ code_lu('statut') }} as statut_paiement,
        {{ jour_local('date_paiement') }} as date_paiement,
        {{ jour_local('created_at') }} as date_saisie,
        cast(montant as numeric(17, 2)) as montant_paiement,
        _run_id
    from source
    where {{ motif_de_rejet('paiements') }} is null
)

select * from renamed
