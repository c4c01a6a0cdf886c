with centres as (
    select * from {{ ref('centres_usinage') }}
)

select
    code_centre_usinage,
    nom_centre_usinage,
    type_cu,
    description,
    actif,
    debut_journee
from centres
union all
select
    'INCONNU' as code_centre_usinage,
    'Inconnu' as nom_centre_usinage,
    'INCONNU' as type_cu,
    cast(null as {{ dbt.type_string() }}) as description,
    false as actif,
    '04:00' as debut_journee
