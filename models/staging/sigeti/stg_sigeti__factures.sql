with source as (
    select * from {{ source('sigeti', 'factures') }}
),

renamed as (
    select
        id as id_facture,
        {{ texte_lu('numero_facture') }} as numero_facture,
        {{ code_lu('statut') }} as statut_facture,
        -- 'Frais de Lamev' is written in words; its tariff is FRAIS_LAMEV.
        replace({{ code_lu('processus_origine') }}, '_DE_', '_') as processus_origine,
        entreprise_id as id_entreprise,
        demande_attribution_id as id_demande,
        collecte_id as id_collecte,
        coalesce(is_deleted, false) as est_supprimee,
        {{ jour_local('date_creation') }} as date_facture,
        {{ jour_local('date_echeance') }} as date_echeance,
        {{ jour_local('date_paiement') }} as date_paiement,
        cast(montant_total as numeric(17, 2)) as montant_total,
        cast(sous_total as numeric(17, 2)) as sous_total,
        _run_id
    from source
    where {{ motif_de_rejet('factures') }} is null
)

select * from renamed
