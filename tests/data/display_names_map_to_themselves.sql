-- The display name of a department, region or country is a label of its own code.
with display_names as (
    select
        'departements' as seed,
        nom_departement as nom,
        code_departement as code
    from {{ ref('departements') }}
    union distinct
    select
        'regions' as seed,
        nom_region as nom,
        code_region as code
    from {{ ref('regions') }}
    union distinct
    select
        'pays' as seed,
        nom_pays as nom,
        code_pays as code
    from {{ ref('pays') }}
),

labels as (
    select
        'departements' as seed,
        libelle,
        code_departement as code
    from {{ ref('departements') }}
    union all
    select
        'regions' as seed,
        libelle,
        code_region as code
    from {{ ref('regions') }}
    union all
    select
        'pays' as seed,
        libelle,
        code_pays as code
    from {{ ref('pays') }}
)

select
    display_names.seed,
    display_names.nom,
    display_names.code
from display_names
left join labels
    on
        display_names.seed = labels.seed
        and display_names.nom = labels.libelle
        and display_names.code = labels.code
where labels.libelle is null
