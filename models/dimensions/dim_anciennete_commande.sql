with anciennetes as (
    select * from {{ ref('anciennetes_commandes') }}
)

select
    code_anciennete,
    libelle_anciennete,
    age_min,
    age_max,
    ordre
from anciennetes
