with zones as (
    select * from {{ ref('dim_zone_observation') }}
),

perimetres as (
    select * from {{ ref('zones_perimetres') }}
),

communes as (
    select * from {{ ref('stg_reference__communes') }}
    where type_commune = 'commune'
),

vintages as (
    select distinct
        premier_millesime as millesime,
        {{ jour_de_l_annee('premier_millesime', "'01-01'") }} as millesime_du
    from communes
    where premier_millesime is not null
),

millesimes as (
    select
        millesime,
        millesime_du,
        lead(millesime_du) over (order by millesime) as suivant_du,
        min(millesime_du) over () as premier_du
    from vintages
),

-- A zone of which nothing is known has one version, open at both ends.
versions as (
    select
        zones.code_zone,
        zones.code_departement,
        coalesce(perimetres.valide_du, cast('1900-01-01' as date)) as valide_du,
        perimetres.valide_au,
        perimetres.libelles_livres,
        coalesce(perimetres.nature, 'partie') as nature,
        perimetres.code_epci
    from zones
    left join perimetres on zones.code_zone = perimetres.code_zone
),

-- The communes of each version in each vintage of the official code that it meets. The
-- first vintage stands for the years before it, the latest for those to come.
tranches as (
    select
        versions.code_zone,
        versions.valide_du as version_du,
        versions.valide_au as version_au,
        versions.libelles_livres,
        versions.nature,
        versions.code_epci,
        case
            when millesimes.millesime_du = millesimes.premier_du then versions.valide_du
            else greatest(versions.valide_du, millesimes.millesime_du)
        end as valide_du,
        nullif(count(communes.code_commune), 0) as nb_communes
    from versions
    inner join millesimes
        on (
            versions.valide_au is null
            or versions.valide_au > millesimes.millesime_du
            or millesimes.millesime_du = millesimes.premier_du
        )
        and (
            millesimes.suivant_du is null
            or versions.valide_du < millesimes.suivant_du
        )
    left join communes
        on
            millesimes.millesime
            between communes.premier_millesime and communes.dernier_millesime
            and (
                (versions.nature = 'epci' and versions.code_epci = communes.code_epci)
                or (
                    versions.nature = 'departement'
                    and versions.code_departement = communes.code_departement
                )
            )
    group by 1, 2, 3, 4, 5, 6, 7
),

-- A vintage that changes nothing opens no version.
changements as (
    select
        *,
        lag(nb_communes) over (
            partition by code_zone, version_du order by valide_du
        ) as nb_communes_avant
    from tranches
),

bornes as (
    select
        *,
        lead(valide_du) over (
            partition by code_zone, version_du order by valide_du
        ) as changement_suivant
    from changements
    where valide_du = version_du or nb_communes != nb_communes_avant
)

select
    code_zone,
    valide_du,
    coalesce(changement_suivant, version_au) as valide_au,
    coalesce(changement_suivant, version_au) is null as est_courante,
    libelles_livres,
    nature,
    code_epci,
    cast(nb_communes as integer) as nb_communes
from bornes
