with durees as (
    select * from {{ ref('durees_sejour') }}
)

select distinct
    code_duree,
    libelle_duree,
    nb_nuits,
    ordre
from durees
union all
select
    'INCONNU' as code_duree,
    'Inconnu' as libelle_duree,
    cast(null as integer) as nb_nuits,
    cast(null as integer) as ordre
