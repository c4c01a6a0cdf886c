with indicateurs as (
    select * from {{ ref('indicateurs') }}
)

select
    code_indicateur,
    numero,
    nom_indicateur,
    unite,
    famille,
    mesure,
    code_fenetre,
    formule
from indicateurs
