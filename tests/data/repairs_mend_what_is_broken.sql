-- A repair stands for a label that its seed knows, and is itself not one: else it would
-- never be used, or change what a good label means.
with repairs as (
    select
        nature,
        libelle,
        {{ libelle_normalise('libelle') }} as casse,
        {{ libelle_normalise('libelle_repare') }} as repare
    from {{ ref('reparations_libelles') }}
),

labels as (
    select
        'zone' as nature,
        {{ libelle_normalise('libelle') }} as libelle
    from {{ ref('zones') }}
    union all
    select
        'provenance' as nature,
        {{ libelle_normalise('libelle') }} as libelle
    from {{ ref('provenances') }}
    union all
    select
        'categorie' as nature,
        {{ libelle_normalise('libelle') }} as libelle
    from {{ ref('categories_visiteur') }}
    union all
    select
        'departement' as nature,
        {{ libelle_normalise('libelle') }} as libelle
    from {{ ref('departements') }}
    union all
    select
        'pays' as nature,
        {{ libelle_normalise('libelle') }} as libelle
    from {{ ref('pays') }}
    union all
    select
        'duree' as nature,
        {{ libelle_normalise('libelle') }} as libelle
    from {{ ref('durees_sejour') }}
)

select
    repairs.nature,
    repairs.libelle
from repairs
left join labels as whole
    on repairs.nature = whole.nature and repairs.repare = whole.libelle
left join labels as already
    on repairs.nature = already.nature and repairs.casse = already.libelle
where whole.libelle is null or already.libelle is not null
