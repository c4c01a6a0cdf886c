{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_cellules(suivantes=1) }}",
    post_hook="{{ appliquer(['int_tourisme__cellules']) }}",
) }}

{%- set classement = [
    'cumuls.code_zone', 'cumuls.annee', 'cumuls.code_periode', 'cumuls.mesure',
    'cumuls.type_origine',
] | join(', ') -%}
{%- set lectures = [
    ('nuitees', 'departement', 'nuitee_departement'),
    ('nuitees', 'region', 'nuitee_departement'),
    ('nuitees', 'pays', 'nuitee_pays'),
    ('excursionnistes', 'departement', 'diurne_departement'),
    ('excursionnistes', 'region', 'diurne_departement'),
    ('excursionnistes', 'pays', 'diurne_pays'),
] %}

with cellules as (
    {{ cellules_changees(suivantes=1) }}
),

cumuls_periode as (
    select * from {{ ref('int_tourisme__cumuls_periode') }}
),

departements as (
    select
        code_departement,
        code_nouvelle_region
    from {{ ref('dim_departement') }}
),

-- Each cell with its own volumes and those of the year before.
volumes as (
    select
        cellules.code_zone,
        cellules.annee,
        cellules.code_periode,
        cumuls.famille,
        cumuls.code_membre,
        coalesce(departements.code_nouvelle_region, 'INCONNU') as code_nouvelle_region,
        case when cumuls.annee = cellules.annee then cumuls.volume end as volume,
        case when cumuls.annee < cellules.annee then cumuls.volume end as volume_n1,
        cumuls._run_id
    from cellules
    inner join cumuls_periode as cumuls
        on
            cellules.code_zone = cumuls.code_zone
            and cellules.code_periode = cumuls.code_periode
            and cumuls.annee in (cellules.annee, cellules.annee - 1)
    left join departements
        on cumuls.code_membre = departements.code_departement
),

cumuls as (
    {% for mesure, type_origine, famille in lectures -%}
        {% set est_region = type_origine == 'region' -%}
        {% set membre = 'code_nouvelle_region' if est_region else 'code_membre' -%}
        select
            code_zone,
            annee,
            code_periode,
            '{{ mesure }}' as mesure,
            '{{ type_origine }}' as type_origine,
            {{ membre }} as code_origine,
            sum(volume) as volume,
            sum(volume_n1) as volume_n1,
            max(_run_id) as _run_id
        from volumes
        where famille = '{{ famille }}'
        group by code_zone, annee, code_periode, {{ membre }}
        {% if not loop.last -%}
            union all
        {% endif -%}
    {% endfor %}
),

compares as (
    select
        cumuls.code_zone,
        cumuls.annee,
        cumuls.code_periode,
        cumuls.mesure,
        cumuls.type_origine,
        cumuls.code_origine,
        cumuls.volume,
        cumuls.volume_n1,
        cumuls._run_id,
        sum(cumuls.volume) over (partition by {{ classement }}) as total,
        sum(cumuls.volume_n1) over (partition by {{ classement }}) as total_n1,
        -- Two equal volumes: the code decides, so that a cut at 10 holds 10 rows.
        row_number() over (
            partition by {{ classement }}
            order by
                case when cumuls.code_origine = 'INCONNU' then 1 else 0 end,
                coalesce(cumuls.volume, 0) desc,
                cumuls.code_origine
        ) as rang
    from cumuls
)

select
    code_zone,
    annee,
    code_periode,
    mesure,
    type_origine,
    code_origine,
    case when code_origine <> 'INCONNU' then cast(rang as integer) end as rang,
    cast(volume as bigint) as volume,
    {{ part('volume', 'total') }} as part,
    cast(volume_n1 as bigint) as volume_n1,
    cast(
        case
            when total_n1 is null then null
            when volume_n1 is null then 100.0
            else {{ evolution('volume', 'volume_n1') }}
        end as numeric(14, 1)
    ) as evolution,
    total_n1 is not null and volume_n1 is null as est_nouvelle,
    _run_id
from compares
where volume is not null
