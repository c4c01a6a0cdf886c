with source as (
    select * from {{ source('commandes', 'a_kopf') }}
),

renamed as (
    select
        id as id_commande,
        {{ code_saisi('auftrags_typ') }} as type_commande,
        au_nummer as numero_commande,
        {{ code_saisi('au_alpha') }} as extension,  -- noqa: RF04
        {{ code_saisi('auftragsart') }} as nature_commande,
        {{ code_saisi('f_system_grp') }} as systeme,
        case
            when not {{ est_illisible('auf_status') }} then {{ texte_lu('auf_status') }}
        end as status,
        {{ decimal_erp('a_vor_mw_st', 2) }} as montant_ht,
        _run_id,
        _loaded_at
    from source
    where not {{ est_exclue_commandes('entetes') }}
)

select * from renamed
