with zones as (
    select * from {{ ref('stg_sigeti__zones_industrielles') }}
)

select
    {{ code_sans_doublon('code_zone_industrielle', 'id_zone_industrielle') }}
        as code_zone_industrielle,
    nom_zone_industrielle,
    description,
    statut_zone,
    superficie_m2,
    lots_disponibles_declares,
    id_zone_industrielle
from zones
union all
select
    'PLUSIEURS' as code_zone_industrielle,
    'Plusieurs zones' as nom_zone_industrielle,
    cast(null as {{ dbt.type_string() }}) as description,
    'INCONNU' as statut_zone,
    cast(null as numeric(17, 2)) as superficie_m2,
    cast(null as integer) as lots_disponibles_declares,
    cast(null as integer) as id_zone_industrielle
union all
select
    'INCONNU' as code_zone_industrielle,
    'Inconnue' as nom_zone_industrielle,
    cast(null as {{ dbt.type_string() }}) as description,
    'INCONNU' as statut_zone,
    cast(null as numeric(17, 2)) as superficie_m2,
    cast(null as integer) as lots_disponibles_declares,
    cast(null as integer) as id_zone_industrielle
