with provenances as (
    select * from {{ ref('provenances') }}
)

select distinct
    code_provenance,
    nom_provenance
from provenances
union all
select
    'INCONNU' as code_provenance,
    'Inconnu' as nom_provenance
