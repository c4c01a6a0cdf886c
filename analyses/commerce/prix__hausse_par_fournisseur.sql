-- How far the prices of each supplier have moved since the first ones, and on how many
-- products he is the cheapest.
{{ config(enabled='erp' in var('sources')) }}

with fournisseurs as (
    select * from {{ ref('dim_fournisseur') }}
    where est_derniere_version
)

select
    prix.code_fournisseur,
    fournisseurs.nom_fournisseur,
    count(*) as nb_produits,
    sum(prix.nb_changements) as nb_changements,
    round(avg(prix.hausse_totale), 2) as hausse_totale_moyenne,
    sum(case when prix.est_moins_cher then 1 else 0 end) as nb_moins_cher
from {{ ref('mart_commerce_prix_achat') }} as prix
inner join fournisseurs
    on prix.code_fournisseur = fournisseurs.code_fournisseur
where prix.nb_prix > 0
group by prix.code_fournisseur, fournisseurs.nom_fournisseur
order by nb_produits desc, prix.code_fournisseur asc
