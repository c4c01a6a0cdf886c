-- Which break of the supplier's last price the order book would reach.
{{ config(enabled='erp' in var('sources')) }}

with besoins as (
    select
        code_fournisseur,
        code_produit,
        sum(quantite_restante) as quantite
    from {{ ref('fait_lignes_commande') }}
    where code_fournisseur <> 'INCONNU' and code_produit <> 'INCONNU'
    group by code_fournisseur, code_produit
    having sum(quantite_restante) > 0
)

select
    besoins.code_fournisseur,
    besoins.code_produit,
    besoins.quantite,
    max(prix.quantite_minimum) as palier_atteint,
    min(prix.prix_achat) as prix_atteint
from besoins
inner join {{ ref('fait_prix_achat') }} as prix
    on
        besoins.code_fournisseur = prix.code_fournisseur
        and besoins.code_produit = prix.code_produit
        and besoins.quantite >= prix.quantite_minimum
where prix.est_dernier and prix.prix_achat > 0
group by besoins.code_fournisseur, besoins.code_produit, besoins.quantite
order by palier_atteint desc, besoins.quantite desc
