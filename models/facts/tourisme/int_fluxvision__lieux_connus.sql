with communes as (
    select * from {{ ref('dim_commune') }}
    where code_commune <> 'INCONNU'
),

epci as (
    select * from {{ ref('dim_epci') }}
    where code_epci <> 'INCONNU'
),

communes_nommees as (
    select
        code_commune,
        code_departement,
        est_actuelle,
        {{ nom_de_commune(libelle_normalise('nom_commune')) }} as nom
    from communes
    where type_commune = 'commune'
),

epci_nommes as (
    select code_epci, est_actuel, {{ libelle_normalise('nom_epci') }} as nom
    from epci
),

-- Of several that bear one name, those of today count; if that leaves two, none is
-- chosen.
communes_par_nom as (
    select
        code_departement,
        nom,
        {{ seul_candidat('code_commune', 'est_actuelle') }} as code
    from communes_nommees
    group by code_departement, nom
),

epci_par_nom as (
    select
        nom,
        {{ seul_candidat('code_epci', 'est_actuel') }} as code
    from epci_nommes
    group by nom
)

select
    'commune' as nature,
    '' as code_departement,
    code_commune as cle,
    code_commune as code
from communes
union all
select
    'commune' as nature,
    code_departement,
    nom as cle,
    code
from communes_par_nom
union all
select
    'epci' as nature,
    '' as code_departement,
    nom as cle,
    code
from epci_par_nom
