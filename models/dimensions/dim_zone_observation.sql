with zones as (
    select * from {{ ref('zones') }}
)

select distinct
    code_zone,
    nom_zone,
    est_publiee,
    code_departement
from zones
union all
select
    'INCONNU' as code_zone,
    'Inconnu' as nom_zone,
    false as est_publiee,
    'INCONNU' as code_departement
