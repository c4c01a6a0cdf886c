-- What is due in which week, and what of it can leave at once.
{{ config(enabled='erp' in var('sources')) }}

select
    code_semaine,
    devise,
    sum(nb_lignes) as lignes,
    sum(quantite_restante) as quantite_restante,
    sum(quantite_reservee) as quantite_reservee,
    sum(montant_restant) as montant_restant
from {{ ref('mart_commerce_carnet_commandes') }}
group by code_semaine, devise
order by code_semaine, devise
