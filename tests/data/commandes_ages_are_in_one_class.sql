-- Classes of ages begin with 0 days and follow each other without a gap or an end.
{{ config(enabled='commandes' in var('sources')) }}

with classes as (
    select
        code_anciennete,
        age_min,
        age_max,
        lag(age_max, 1, -1) over (order by age_min) as age_max_precedent,
        lead(age_min) over (order by age_min) as age_min_suivant
    from {{ ref('dim_anciennete_commande') }}
    where code_anciennete <> 'INCONNU'
)

select
    code_anciennete,
    age_min,
    age_max,
    age_max_precedent
from classes
where
    age_min is distinct from age_max_precedent + 1
    or (age_max is null) <> (age_min_suivant is null)
