with source as (
    select * from {{ source('erp', 'lignecli') }}
),

renamed as (
    select
        uniq_id as id_ligne_commande,
        {{ code_progress('cod_cli') }} as code_client,
        {{ code_progress('typ_sai') }} as type_saisie,
        no_cde as numero_commande,
        no_bl as numero_bl,
        no_ligne as numero_ligne,
        {{ code_progress('cod_pro') }} as code_produit,
        {{ libelle_progress('nom_pro') }} as nom_produit,
        {{ decimal_erp('qte', 3) }} as quantite_commandee,
        {{ decimal_erp('qte_rlk', 3) }} as quantite_reliquat,
        {{ decimal_erp('qte_dejl', 3) }} as quantite_livree,
        {{ decimal_erp('qte_res', 3) }} as quantite_reservee,
        {{ decimal_erp('px_vte', 4) }} as prix_vente_unitaire,
        {{ decimal_erp('remise1', 2) }} as taux_remise,
        {{ decimal_erp('px_ach', 4) }} as prix_achat_unitaire,
        {{ decimal_erp('pmp', 4) }} as pmp,
        {{ decimal_erp('mt_ht', 2) }} as montant_ht,
        -- The currency of the house is not written.
        coalesce({{ code_progress('devise') }}, 'EUR') as devise,
        code_tva,
        {{ code_progress('depot') }} as code_depot,
        case
            when {{ est_au_calendrier(date_progress('dat_liv')) }}
                then {{ date_progress('dat_liv') }}
        end as date_livraison,
        {{ code_progress('cod_fou') }} as code_fournisseur,
        {{ booleen_progress('gratuit') }} as est_gratuit,
        {{ booleen_progress('reliquat') }} as est_reliquat,
        {{ texte_progress('refint') }} as reference_interne,
        {{ code_progress('famille') }} as code_famille,
        {{ code_progress('s_famille') }} as code_sous_famille,
        {{ code_progress('commerc_1') }} as code_commercial,
        dat_crt as date_creation,
        dat_mod as date_modification,
        {{ texte_progress('hr_mod') }} as heure_modification,
        _run_id
    from source
    where not {{ est_exclue_erp('lignecli') }}
)

select * from renamed
