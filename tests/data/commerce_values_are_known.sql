-- Kinds of entry and currencies of order lines are those that the warehouse knows.
-- Another one is kept as it is written, and warns here.
{{ config(enabled='erp' in var('sources'), severity='warn') }}

select
    type_saisie,
    devise,
    count(*) as lignes
from {{ ref('fait_lignes_commande') }}
where
    coalesce(type_saisie not in ('C', 'F'), true)
    or not regexp_like(devise, '^[A-Z]{3}$')
group by type_saisie, devise
