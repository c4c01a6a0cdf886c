with pays as (
    select * from {{ ref('pays') }}
)

select distinct
    code_pays,
    nom_pays,
    nom_officiel,
    est_groupe
from pays
union all
select
    'INCONNU' as code_pays,
    'Inconnu' as nom_pays,
    'Inconnu' as nom_officiel,
    false as est_groupe
