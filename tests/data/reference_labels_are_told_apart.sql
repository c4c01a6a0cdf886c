-- Two labels of one reference seed never read alike: a join on the label would
-- multiply rows.
with labels as (
    select
        'departements' as seed,
        libelle
    from {{ ref('departements') }}
    union all
    select
        'regions' as seed,
        libelle
    from {{ ref('regions') }}
    union all
    select
        'academies' as seed,
        libelle
    from {{ ref('academies') }}
    union all
    select
        'pays' as seed,
        libelle
    from {{ ref('pays') }}
),

normalised as (
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
from normalised
group by seed, libelle_normalise
having count(*) > 1 or libelle_normalise is null
