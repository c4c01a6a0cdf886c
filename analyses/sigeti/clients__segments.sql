-- How the revenue divides over segments, and how each pays.
{{ config(enabled='sigeti' in var('sources')) }}

select
    segment,
    count(*) as clients,
    sum(chiffre_affaires) as chiffre_affaires,
    sum(ca_paye) as ca_paye,
    round(100.0 * sum(ca_paye) / nullif(sum(chiffre_affaires), 0), 2) as taux_paiement
from {{ ref('mart_portefeuille_clients') }}
group by segment
order by chiffre_affaires desc
