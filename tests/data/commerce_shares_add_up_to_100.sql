-- In each currency with something to share, the last rank brings the sum to 100 %;
-- ranks have no gap, and classes follow them.
{{ config(enabled='erp' in var('sources')) }}

with clients as (
    select
        *,
        lag(rang) over (partition by devise order by rang) as rang_avant,
        lag(classe_abc) over (partition by devise order by rang) as classe_avant,
        lead(rang) over (partition by devise order by rang) as rang_suivant
    from {{ ref('mart_commerce_portefeuille_clients') }}
    where nb_lignes > 0
)

select
    code_client,
    devise,
    rang,
    rang_avant,
    part_cumulee,
    classe_abc,
    classe_avant
from clients
where
    rang <> coalesce(rang_avant, 0) + 1
    or classe_abc < classe_avant
    or (rang_suivant is null and part_cumulee <> 100)
