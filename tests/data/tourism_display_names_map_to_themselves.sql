-- The display name of a zone, origin, category or length of stay is a label of its own
-- code.
{{ config(enabled='fluxvision' in var('sources')) }}

with display_names as (
    select distinct
        'zone' as nature,
        nom_zone as nom,
        code_zone as code
    from {{ ref('zones') }}
    union distinct
    select distinct
        'provenance' as nature,
        nom_provenance as nom,
        code_provenance as code
    from {{ ref('provenances') }}
    union distinct
    select distinct
        'categorie' as nature,
        nom_categorie as nom,
        code_categorie as code
    from {{ ref('categories_visiteur') }}
    union distinct
    select distinct
        'duree' as nature,
        libelle_duree as nom,
        code_duree as code
    from {{ ref('durees_sejour') }}
),

labels as (
    select * from {{ ref('stg_fluxvision__libelles_connus') }}
)

select
    display_names.nature,
    display_names.nom,
    display_names.code
from display_names
left join labels
    on
        display_names.nature = labels.nature
        and {{ libelle_normalise('display_names.nom') }} = labels.libelle
        and display_names.code = labels.code
where labels.libelle is null
