with seuils as (
    select * from {{ ref('seuils_sigeti') }}
)

select
    famille,
    code_classe,
    libelle_classe,
    cast(borne as numeric(17, 2)) as borne,
    coalesce(borne_incluse, false) as borne_incluse,
    ordre
from seuils
