-- Two labels of statuses are never one when they are compared.
{{ config(enabled='commandes' in var('sources')) }}

with statuts as (
    select {{ libelle_normalise('libelle') }} as libelle
    from {{ ref('statuts_commandes') }}
)

select
    libelle,
    count(*) as lignes
from statuts
group by libelle
having count(*) > 1 or libelle is null
