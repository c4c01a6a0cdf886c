with source as (
    select * from {{ source('sigeti', 'demandes_attribution') }}
),

renamed as (
    select
        id as id_demande,
        {{ texte_lu('reference') }} as reference_demande,
        {{ code_lu('statut') }} as statut_demande,
        etape_courante,
        {{ code_lu('type_demande') }} as type_demande,
        {{ code_lu('priorite') }} as priorite,
        entreprise_id as id_entreprise,
        lot_id as id_lot,
        zone_id as id_zone_industrielle,
        {{ jour_local('created_at') }} as date_demande,
        cast(
            {{ en_m2(
                nombre_json('informations_terrain', ['superficie']),
                texte_json('informations_terrain', ['uniteMesure'])
            ) }} as numeric(17, 2)
        ) as superficie_formulaire,
        cast(
            {{ nombre_json('financement', ['montantTotal']) }} as numeric(17, 2)
        ) as financement_prevu,
        cast({{ nombre_json('emplois', ['total']) }} as bigint) as emplois_prevus,
        _run_id
    from source
    where {{ motif_de_rejet('demandes_attribution') }} is null
)

select * from renamed
