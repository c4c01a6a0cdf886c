with epci as (
    select * from {{ ref('stg_reference__epci') }}
),

millesimes as (
    select
        *,
        min(premier_millesime) over (partition by code_epci) as premiere_annee,
        max(dernier_millesime) over () as millesime_courant,
        row_number() over (
            partition by code_epci order by dernier_millesime desc
        ) as rang
    from epci
)

select
    code_epci,
    nom_epci,
    type_epci,
    code_departement,
    nb_communes,
    premiere_annee as premier_millesime,
    dernier_millesime,
    dernier_millesime = millesime_courant as est_actuel
from millesimes
where rang = 1
union all
select
    'INCONNU' as code_epci,
    'Inconnu' as nom_epci,
    'inconnu' as type_epci,
    'INCONNU' as code_departement,
    cast(null as smallint) as nb_communes,
    cast(null as smallint) as premier_millesime,
    cast(null as smallint) as dernier_millesime,
    false as est_actuel
