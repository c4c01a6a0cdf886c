-- Whom we owe most: late lines by customer and currency, the largest amount first.
{{ config(enabled='erp' in var('sources')) }}

select
    clients.nom_client,
    carnet.devise,
    sum(carnet.nb_lignes_en_retard) as lignes_en_retard,
    sum(carnet.montant_restant_en_retard) as reste_en_retard,
    max(carnet.retard_max_jours) as retard_max_jours
from {{ ref('mart_commerce_carnet_commandes') }} as carnet
inner join {{ ref('dim_client') }} as clients
    on carnet.code_client = clients.code_client and clients.est_derniere_version
where carnet.nb_lignes_en_retard > 0
group by clients.nom_client, carnet.devise
order by reste_en_retard desc
limit 20
