-- Each planned order with a box is one row, whatever types it stands there with, and a
-- row has the number, extension and amount of its header.
{{ config(
    enabled=var('audit', false) and 'commandes' in var('sources'), tags=['audit']
) }}
{%- set colonnes = 'numero_commande, extension, id_commande, montant_ht' %}

with commandes as (
    select * from {{ ref('fait_commandes_volets_roulants') }}
),

entetes as (
    select * from {{ ref('stg_commandes__entetes') }}
),

planifiees as (
    select distinct
        planifiees.numero_commande,
        planifiees.extension
    from {{ ref('int_commandes__planifiees') }} as planifiees
    inner join {{ ref('int_commandes__coffres') }} as coffres
        on planifiees.id_commande = coffres.id_commande
),

-- Which of several headers an order has is the fact's own rule; that it has one is not.
attendus as (
    select
        planifiees.numero_commande,
        planifiees.extension,
        max(commandes.id_commande) as id_commande,
        max(entetes.montant_ht) as montant_ht
    from planifiees
    left join commandes
        on
            planifiees.numero_commande = commandes.numero_commande
            and planifiees.extension = commandes.extension
    left join entetes
        on
            commandes.id_commande = entetes.id_commande
            and planifiees.numero_commande = entetes.numero_commande
            and planifiees.extension = entetes.extension
    group by planifiees.numero_commande, planifiees.extension
)

{{ differences(colonnes, 'select * from attendus', 'select * from commandes') }}
