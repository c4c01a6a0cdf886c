with libelles as (
    select * from {{ ref('int_erp__libelles') }}
)

select
    code as code_famille,
    libelle as libelle_famille
from libelles
where type_table = 'FA'
union all
select
    'INCONNU' as code_famille,
    'Inconnue' as libelle_famille
