-- Which sectors of activity hold the lots, and what they were billed.
{{ config(enabled='sigeti' in var('sources')) }}

select
    domaines.libelle_domaine,
    count(*) as entreprises,
    sum(clients.nb_lots) as lots,
    sum(clients.superficie_lots) as superficie,
    sum(clients.chiffre_affaires) as chiffre_affaires
from {{ ref('mart_portefeuille_clients') }} as clients
inner join {{ ref('dim_domaines_activites') }} as domaines
    on clients.code_domaine = domaines.code_domaine
group by domaines.libelle_domaine
order by superficie desc
