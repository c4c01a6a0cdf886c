-- Two labels of one mapping seed never read alike: which code holds would be left to
-- chance.
with labels as (
    select
        'zones' as seed,
        libelle
    from {{ ref('zones') }}
    union all
    select
        'provenances' as seed,
        libelle
    from {{ ref('provenances') }}
    union all
    select
        'categories_visiteur' as seed,
        libelle
    from {{ ref('categories_visiteur') }}
    union all
    select
        'durees_sejour' as seed,
        libelle
    from {{ ref('durees_sejour') }}
    union all
    select
        'reparations_libelles ' || nature as seed,
        libelle
    from {{ ref('reparations_libelles') }}
),

compared as (
    select
        seed,
        libelle,
        {{ libelle_normalise('libelle') }} as libelle_normalise
    from labels
)

select
    seed,
    libelle_normalise,
    min(libelle) as libelle,
    max(libelle) as autre_libelle
from compared
group by seed, libelle_normalise
having count(*) > 1 or libelle_normalise is null
