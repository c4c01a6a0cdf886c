{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key=['code_client', 'devise'],
    tags=['daily'],
) }}

with clients as (
    select * from {{ ref('dim_client') }}
    where est_derniere_version
),

lignes as (
    select
        *,
        coalesce(
            quantite_restante > 0 and date_jour < {{ aujourd_hui_commerce() }}, false
        ) as est_en_retard
    from {{ ref('fait_lignes_commande') }}
),

-- Added up before they meet the customers: a customer has a row per currency.
carnets as (
    select
        code_client,
        devise,
        {{ indicateurs_lignes() }},
        count(distinct numero_commande) as nb_commandes,
        max(
            case
                when date_commande <= {{ aujourd_hui_commerce() }} then date_commande
            end
        ) as date_derniere_commande,
        max(_run_id) as _run_id
    from lignes
    group by code_client, devise
),

portefeuille as (
    select
        clients.code_client,
        clients.nom_client,
        clients.statut_client,
        clients.libelle_statut,
        clients.est_bloque,
        clients.est_a_supprimer,
        coalesce(carnets.devise, 'EUR') as devise,
        coalesce(carnets.nb_commandes, 0) as nb_commandes,
        {{ zero_sans('carnets', [
            'nb_lignes', 'montant_ht', 'montant_restant', 'marge',
            'nb_lignes_sans_marge', 'nb_lignes_en_retard', 'montant_en_retard',
            'montant_restant_en_retard', 'nb_lignes_gratuites', 'nb_retours',
            'montant_retours',
        ]) }},
        carnets.taux_marge,
        carnets.date_derniere_commande,
        carnets._run_id
    from clients
    left join carnets
        on clients.code_client = carnets.code_client
),

-- Whom more is returned than ordered has no share: shares add up to 100.
concentration as (
    select
        *,
        greatest(montant_ht, 0) as montant_positif,
        sum(greatest(montant_ht, 0)) over (partition by devise) as montant_devise,
        sum(greatest(montant_ht, 0)) over (
            partition by devise order by montant_ht desc, code_client asc
            rows between unbounded preceding and current row
        ) as montant_cumule,
        row_number() over (
            partition by devise, nb_lignes > 0 order by montant_ht desc, code_client asc
        ) as rang
    from portefeuille
)

select
    code_client,
    devise,
    nom_client,
    statut_client,
    libelle_statut,
    est_bloque,
    est_a_supprimer,
    nb_commandes,
    nb_lignes,
    montant_ht,
    montant_restant,
    marge,
    taux_marge,
    nb_lignes_sans_marge,
    nb_lignes_en_retard,
    montant_en_retard,
    montant_restant_en_retard,
    nb_lignes_gratuites,
    nb_retours,
    montant_retours,
    case when est_bloque or est_a_supprimer then montant_ht else 0.00 end
        as montant_bloque,
    case when est_bloque or est_a_supprimer then montant_restant else 0.00 end
        as montant_restant_bloque,
    date_derniere_commande,
    {{ jours_entre('date_derniere_commande', aujourd_hui_commerce()) }}
        as jours_depuis_commande,
    {{ taux_commerce('montant_positif', 'montant_devise') }} as part,
    case when nb_lignes > 0 then rang end as rang,
    case
        when nb_lignes > 0 then {{ taux_commerce('montant_cumule', 'montant_devise') }}
    end as part_cumulee,
    case
        when nb_lignes = 0 then 'SANS_COMMANDE'
        when montant_cumule - montant_positif < 0.80 * montant_devise then 'A'
        when montant_cumule - montant_positif < 0.95 * montant_devise then 'B'
        else 'C'
    end as classe_abc,
    _run_id
from concentration
