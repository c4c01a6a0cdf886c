with source as (
    select * from {{ source('sigeti', 'collectes') }}
),

renamed as (
    select
        id as id_collecte,
        {{ texte_lu('reference') }} as reference_collecte,
        {{ code_lu('status') }} as statut_collecte,
        {{ code_lu('statut_cloture') }} as statut_cloture,
        factures_generees as a_genere_des_factures,
        {{ jour_local('date_debut') }} as date_debut,
        {{ jour_local('date_fin_prevue') }} as date_fin_prevue,
        {{ jour_local('date_cloture') }} as date_cloture,
        cast(montant_a_recouvrer as numeric(17, 2)) as montant_a_recouvrer,
        cast(montant_recouvre as numeric(17, 2)) as montant_recouvre,
        _run_id
    from source
    where {{ motif_de_rejet('collectes') }} is null
)

select * from renamed
