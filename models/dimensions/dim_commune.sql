with communes as (
    select * from {{ ref('stg_reference__communes') }}
),

-- What the latest vintage that knows a code says of it; the first one that knew it.
versions as (
    select
        code_commune,
        nom_commune,
        type_commune,
        code_departement,
        code_region,
        code_epci,
        code_successeur,
        min(premier_millesime) over (partition by code_commune) as premier_millesime,
        dernier_millesime,
        row_number() over (
            partition by code_commune order by dernier_millesime desc
        ) as rang
    from communes
),

dernieres_versions as (
    select * from versions
    where rang = 1
),

communes_et_successeurs as (
    select
        connues.code_commune,
        connues.nom_commune,
        connues.type_commune,
        connues.code_departement,
        coalesce(successeurs.code_region, connues.code_region)
            as code_region,
        -- A former commune is in the EPCI that its territory belongs to today.
        case
            when connues.code_successeur is null
                then connues.code_epci
            else successeurs.code_epci
        end as code_epci,
        connues.code_successeur is null as est_actuelle,
        coalesce(connues.code_successeur, connues.code_commune)
            as code_commune_actuelle,
        coalesce(successeurs.nom_commune, connues.nom_commune)
            as nom_commune_actuelle,
        connues.premier_millesime,
        connues.dernier_millesime
    from dernieres_versions as connues
    left join dernieres_versions as successeurs
        on connues.code_successeur = successeurs.code_commune
)

select * from communes_et_successeurs
union all
select
    'INCONNU' as code_commune,
    'Inconnu' as nom_commune,
    'inconnu' as type_commune,
    'INCONNU' as code_departement,
    'INCONNU' as code_region,
    'INCONNU' as code_epci,
    false as est_actuelle,
    'INCONNU' as code_commune_actuelle,
    'Inconnu' as nom_commune_actuelle,
    cast(null as smallint) as premier_millesime,
    cast(null as smallint) as dernier_millesime
