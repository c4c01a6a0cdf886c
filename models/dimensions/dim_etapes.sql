with etapes as (
    select * from {{ ref('etapes_sigeti') }}
)

select
    code_etape,
    nom_etape,
    categorie,
    acteur
from etapes
union all
select
    0 as code_etape,
    'Inconnue' as nom_etape,
    'INCONNU' as categorie,
    'Inconnu' as acteur
