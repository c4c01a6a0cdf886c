-- Whose last open order is oldest, and what is still to deliver of it.
{{ config(enabled='erp' in var('sources')) }}

select
    code_client,
    nom_client,
    devise,
    date_derniere_commande,
    jours_depuis_commande,
    montant_restant
from {{ ref('mart_commerce_portefeuille_clients') }}
where nb_lignes > 0
order by jours_depuis_commande desc nulls last
limit 20
