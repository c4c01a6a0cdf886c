with zones as (
    select * from {{ ref('zones') }}
),

provenances as (
    select * from {{ ref('provenances') }}
),

categories as (
    select * from {{ ref('categories_visiteur') }}
),

departements as (
    select * from {{ ref('departements') }}
),

les_pays as (
    select * from {{ ref('pays') }}
),

durees as (
    select * from {{ ref('durees_sejour') }}
),

reparations as (
    select
        nature,
        {{ libelle_normalise('libelle') }} as libelle,
        {{ libelle_normalise('libelle_repare') }} as libelle_repare
    from {{ ref('reparations_libelles') }}
),

libelles_des_seeds as (
    select
        'zone' as nature,
        {{ libelle_normalise('libelle') }} as libelle,
        code_zone as code
    from zones
    union all
    select
        'provenance' as nature,
        {{ libelle_normalise('libelle') }} as libelle,
        code_provenance as code
    from provenances
    union all
    select
        'categorie' as nature,
        {{ libelle_normalise('libelle') }} as libelle,
        code_categorie as code
    from categories
    union all
    select
        'departement' as nature,
        {{ libelle_normalise('libelle') }} as libelle,
        code_departement as code
    from departements
    union all
    select
        'pays' as nature,
        {{ libelle_normalise('libelle') }} as libelle,
        code_pays as code
    from les_pays
    union all
    select
        'duree' as nature,
        {{ libelle_normalise('libelle') }} as libelle,
        code_duree as code
    from durees
),

libelles_repares as (
    select
        reparations.nature,
        reparations.libelle,
        libelles_des_seeds.code
    from reparations
    inner join libelles_des_seeds
        on
            reparations.nature = libelles_des_seeds.nature
            and reparations.libelle_repare = libelles_des_seeds.libelle
),

libelles_et_reparations as (
    select
        nature,
        libelle,
        code
    from libelles_des_seeds
    union all
    select
        nature,
        libelle,
        code
    from libelles_repares
),

-- One code per label, so that a join on it never multiplies rows; that a label has only
-- one is the seeds' test.
libelles_connus as (
    select
        cast(nature as {{ dbt.type_string() }}) as nature,
        libelle,
        min(code) as code
    from libelles_et_reparations
    group by nature, libelle
)

select * from libelles_connus
