with domaines as (
    select * from {{ ref('stg_sigeti__domaines_activites') }}
)

select
    {{ code_sans_doublon('code_domaine', 'id_domaine') }} as code_domaine,
    libelle_domaine,
    description,
    id_domaine
from domaines
union all
select
    'INCONNU' as code_domaine,
    'Inconnu' as libelle_domaine,
    cast(null as {{ dbt.type_string() }}) as description,
    cast(null as integer) as id_domaine
