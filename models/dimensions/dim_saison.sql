with astronomiques as (
    select * from {{ ref('stg_reference__saisons') }}
),

jours as (
    select * from {{ ref('stg_reference__jours') }}
),

-- The calendar seasons, for the years that astronomy does not tell.
saisons_civiles as (
    select
        'printemps' as saison,
        'Printemps' as nom,
        '03-01' as debut
    union all
    select
        'ete' as saison,
        'Été' as nom,
        '06-01' as debut
    union all
    select
        'automne' as saison,
        'Automne' as nom,
        '09-01' as debut
    union all
    select
        'hiver' as saison,
        'Hiver' as nom,
        '12-01' as debut
),

-- The first days of the calendar belong to the winter of the year before.
annees as (
    select annee from jours
    union distinct
    select min(annee) - 1 as annee from jours
    union distinct
    select annee from astronomiques
),

debuts as (
    select
        annees.annee,
        saisons_civiles.saison,
        saisons_civiles.nom,
        coalesce(
            astronomiques.date_debut,
            {{ jour_de_l_annee('annees.annee', 'saisons_civiles.debut') }}
        ) as date_debut,
        astronomiques.date_fin as fin_astronomique,
        astronomiques.date_debut is not null as est_astronomique
    from annees
    cross join saisons_civiles
    left join astronomiques
        on
            annees.annee = astronomiques.annee
            and saisons_civiles.saison = astronomiques.saison
    where annees.annee is not null
),

suivies as (
    select
        *,
        lead(date_debut) over (order by date_debut) as debut_suivant
    from debuts
),

bornees as (
    select
        *,
        -- The last season of all: what astronomy says of its end, else 31 December.
        coalesce(
            cast({{ dbt.dateadd('day', -1, 'debut_suivant') }} as date),
            fin_astronomique,
            {{ jour_de_l_annee('annee', "'12-31'") }}
        ) as date_fin
    from suivies
),

saisons as (
    select
        saison || '_' || cast(annee as {{ dbt.type_string() }}) as code_saison,
        case
            when saison = 'hiver'
                then
                    nom || ' ' || cast(annee as {{ dbt.type_string() }})
                    || '-' || cast(annee + 1 as {{ dbt.type_string() }})
            else nom || ' ' || cast(annee as {{ dbt.type_string() }})
        end as nom_saison,
        saison,
        cast(annee as smallint) as annee,
        cast(case when saison = 'hiver' then annee + 1 else annee end as smallint)
            as annee_usuelle,
        date_debut,
        date_fin,
        -- Both ends included.
        {{ dbt.datediff('date_debut', 'date_fin', 'day') }}
        + 1 as duree_jours,
        est_astronomique
    from bornees
)

select * from saisons
union all
select
    'INCONNU' as code_saison,
    'Inconnu' as nom_saison,
    'inconnu' as saison,
    cast(null as smallint) as annee,
    cast(null as smallint) as annee_usuelle,
    cast(null as date) as date_debut,
    cast(null as date) as date_fin,
    cast(null as integer) as duree_jours,
    cast(null as boolean) as est_astronomique
