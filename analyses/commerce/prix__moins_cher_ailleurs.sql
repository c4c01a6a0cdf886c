-- What is bought from a supplier although another one is cheaper, and by how much.
{{ config(enabled='erp' in var('sources')) }}

select
    code_fournisseur_source,
    count(*) as produits,
    round(avg(ecart_moins_cher), 2) as ecart_moyen,
    max(ecart_moins_cher) as ecart_max
from {{ ref('mart_commerce_prix_achat') }}
where ecart_moins_cher > 0
group by code_fournisseur_source
order by produits desc
