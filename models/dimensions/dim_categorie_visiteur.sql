with categories_visiteur as (
    select * from {{ ref('categories_visiteur') }}
)

select distinct
    code_categorie,
    nom_categorie
from categories_visiteur
union all
select
    'INCONNU' as code_categorie,
    'Inconnu' as nom_categorie
