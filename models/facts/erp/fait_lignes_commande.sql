{{ config(
    incremental_strategy='difference',
    unique_key='id_ligne_commande',
    pre_hook="{{ joindre_par_hachage() }}",
) }}

with lignes as (
    select * from {{ ref('stg_erp__lignecli') }}
),

clients as (
    select * from {{ ref('dim_client') }}
),

produits as (
    select * from {{ ref('dim_produit') }}
),

fournisseurs as (
    select * from {{ ref('dim_fournisseur') }}
),

depots as (
    select * from {{ ref('dim_depot') }}
),

familles as (
    select * from {{ ref('dim_famille_produit') }}
),

-- What was delivered beyond the order leaves nothing, nor does a return.
lignes_comptees as (
    select
        *,
        coalesce(prix_achat_unitaire, pmp) as cout_unitaire,
        cast(
            greatest(quantite_commandee - coalesce(quantite_livree, 0), 0)
            as numeric(18, 3)
        ) as quantite_restante,
        case
            when {{ est_au_calendrier('date_creation') }} then date_creation
        end as date_commande,
        -- The version of a customer on a day that nobody knows is the last one.
        case
            when {{ est_au_calendrier('date_creation') }} then date_creation
            else cast('9999-12-31' as date)
        end as jour_des_versions
    from lignes
)

select
    lignes.id_ligne_commande,
    lignes.type_saisie,
    lignes.numero_commande,
    lignes.numero_ligne,
    lignes.numero_bl,
    coalesce(clients.code_client, 'INCONNU') as code_client,
    coalesce(clients.cle_client, 'INCONNU') as cle_client,
    coalesce(produits.code_produit, 'INCONNU') as code_produit,
    coalesce(produits.cle_produit, 'INCONNU') as cle_produit,
    coalesce(fournisseurs.code_fournisseur, 'INCONNU') as code_fournisseur,
    coalesce(fournisseurs.cle_fournisseur, 'INCONNU') as cle_fournisseur,
    coalesce(depots.code_depot, 'INCONNU') as code_depot,
    coalesce(familles.code_famille, 'INCONNU') as code_famille,
    coalesce(lignes.code_sous_famille, 'INCONNU') as code_sous_famille,
    coalesce(lignes.code_commercial, 'INCONNU') as code_commercial,
    lignes.nom_produit as libelle_ligne,
    lignes.reference_interne,
    lignes.date_commande,
    lignes.date_livraison as date_jour,
    coalesce(lignes.devise, 'EUR') as devise,
    lignes.quantite_commandee,
    lignes.quantite_livree,
    lignes.quantite_reservee,
    lignes.quantite_reliquat,
    lignes.quantite_restante,
    lignes.prix_vente_unitaire,
    lignes.taux_remise,
    lignes.cout_unitaire,
    lignes.montant_ht,
    cast(
        case
            when lignes.quantite_commandee > 0
                then
                    lignes.montant_ht
                    * lignes.quantite_restante
                    / lignes.quantite_commandee
            else 0
        end as numeric(38, 2)
    ) as montant_restant,
    cast(
        lignes.montant_ht - lignes.quantite_commandee * lignes.cout_unitaire
        as numeric(38, 2)
    ) as marge,
    coalesce(lignes.est_gratuit, false) as est_gratuit,
    coalesce(lignes.est_reliquat, false) as est_reliquat,
    lignes.quantite_commandee < 0 as est_retour,
    lignes.date_modification,
    {{ dbt.current_timestamp() }} as created_at,
    lignes._run_id
from lignes_comptees as lignes
left join clients
    on
        lignes.code_client = clients.code_client
        and {{ version_du_jour('clients', 'lignes.jour_des_versions') }}
left join produits
    on
        lignes.code_produit = produits.code_produit
        and {{ version_du_jour('produits', 'lignes.jour_des_versions') }}
left join fournisseurs
    on
        lignes.code_fournisseur = fournisseurs.code_fournisseur
        and {{ version_du_jour('fournisseurs', 'lignes.jour_des_versions') }}
left join depots
    on lignes.code_depot = depots.code_depot
left join familles
    on lignes.code_famille = familles.code_famille
