-- Which products rose most when their price last changed.
{{ config(enabled='erp' in var('sources')) }}

select
    fournisseurs.nom_fournisseur,
    produits.nom_produit,
    prix.date_dernier_changement,
    prix.prix_precedent,
    prix.dernier_prix,
    prix.hausse
from {{ ref('mart_commerce_prix_achat') }} as prix
inner join {{ ref('dim_fournisseur') }} as fournisseurs
    on
        prix.code_fournisseur = fournisseurs.code_fournisseur
        and fournisseurs.est_derniere_version
inner join {{ ref('dim_produit') }} as produits
    on prix.code_produit = produits.code_produit and produits.est_derniere_version
where prix.hausse > 0
order by prix.hausse desc
limit 50
