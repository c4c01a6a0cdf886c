with libelles as (
    select * from {{ ref('int_erp__libelles') }}
)

select
    code as code_depot,
    libelle as nom_depot
from libelles
where type_table = 'DS'
union all
select
    'INCONNU' as code_depot,
    'Inconnu' as nom_depot
