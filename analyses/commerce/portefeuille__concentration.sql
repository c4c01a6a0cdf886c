-- On how few customers the order book rests: each class of each currency.
{{ config(enabled='erp' in var('sources')) }}

select
    devise,
    classe_abc,
    count(*) as clients,
    sum(nb_lignes) as lignes,
    sum(montant_ht) as montant,
    sum(part) as part
from {{ ref('mart_commerce_portefeuille_clients') }}
where nb_lignes > 0
group by devise, classe_abc
order by devise, classe_abc
