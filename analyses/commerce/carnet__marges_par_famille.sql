-- Which families bring the margin of the order book, and how many lines have none.
{{ config(enabled='erp' in var('sources')) }}

select
    familles.libelle_famille,
    carnet.devise,
    sum(carnet.montant_ht) as montant,
    sum(carnet.marge) as marge,
    sum(carnet.nb_lignes_sans_marge) as lignes_sans_marge,
    sum(carnet.nb_lignes_gratuites) as lignes_gratuites
from {{ ref('mart_commerce_carnet_commandes') }} as carnet
inner join {{ ref('dim_famille_produit') }} as familles
    on carnet.code_famille = familles.code_famille
group by familles.libelle_famille, carnet.devise
order by marge desc
