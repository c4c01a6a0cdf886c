with couverture as (
    select * from {{ ref('int_tourisme__couverture') }}
),

attentes as (
    select * from {{ ref('int_fluxvision__attentes') }}
),

zones as (
    select * from {{ ref('dim_zone_observation') }}
),

perimetres as (
    select * from {{ ref('dim_zone_perimetre') }}
),

dates as (
    select
        {{ debut_du_pas('bimestre', 'date_jour') }} as bimestre,
        date_jour
    from {{ ref('dim_date') }}
),

familles as (
    {% for famille in fluxvision_familles() -%}
        {% if not loop.first -%}
            union all
        {% endif -%}
        select cast('{{ famille }}' as {{ dbt.type_string() }}) as famille
    {% endfor %}
),

-- From the first to the last period that any file speaks of, and those awaited.
bimestres as (
    select
        bimestre,
        count(*) as jours_attendus
    from dates
    where
        (
            bimestre >= (select min(couverture.bimestre) from couverture)
            and bimestre <= (select max(couverture.bimestre) from couverture)
        )
        or {{ code_du_bimestre('bimestre') }} in (
            select attentes.code_bimestre from attentes
        )
    group by bimestre
),

derniers_consolides as (
    select
        famille,
        max(bimestre) as bimestre
    from couverture
    where jours_consolides > 0
    group by famille
),

-- A zone is expected while its perimeter holds, if published or ever delivered.
zones_attendues as (
    select distinct
        zones.code_zone,
        bimestres.bimestre
    from zones
    inner join perimetres
        on zones.code_zone = perimetres.code_zone
    inner join bimestres
        on
            perimetres.valide_du <= bimestres.bimestre
            and coalesce(perimetres.valide_au > bimestres.bimestre, true)
    where
        zones.est_publiee
        or zones.code_zone in (
            select couverture.code_zone from couverture
            where couverture.code_zone <> 'INCONNU'
        )
),

attendues as (
    select
        zones_attendues.code_zone,
        familles.famille,
        zones_attendues.bimestre
    from zones_attendues
    cross join familles
    union
    select
        code_zone,
        famille,
        bimestre
    from couverture
)

select
    attendues.code_zone,
    attendues.famille,
    {{ code_du_bimestre('attendues.bimestre') }} as code_bimestre,
    cast(extract(year from attendues.bimestre) as smallint) as annee,
    case
        when couverture.jours_consolides > 0 then 'consolide'
        when couverture.jours_provisoires > 0 then 'provisoire'
        when attentes.fichiers > 0 then 'en_attente'
        when attendues.bimestre > derniers_consolides.bimestre then 'en_attente'
        else 'manquant'
    end as etat,
    cast(bimestres.jours_attendus as integer) as jours_attendus,
    cast(coalesce(couverture.jours_consolides, 0) as integer) as jours_consolides,
    cast(coalesce(couverture.jours_provisoires, 0) as integer) as jours_provisoires,
    couverture.premier_jour,
    couverture.dernier_jour,
    cast(coalesce(attentes.fichiers, 0) as integer) as fichiers_en_attente,
    couverture._run_id
from attendues
inner join bimestres
    on attendues.bimestre = bimestres.bimestre
left join couverture
    on
        attendues.code_zone = couverture.code_zone
        and attendues.famille = couverture.famille
        and attendues.bimestre = couverture.bimestre
left join attentes
    on
        attendues.code_zone = attentes.code_zone
        and attendues.famille = attentes.famille
        and {{ code_du_bimestre('attendues.bimestre') }} = attentes.code_bimestre
left join derniers_consolides
    on attendues.famille = derniers_consolides.famille
