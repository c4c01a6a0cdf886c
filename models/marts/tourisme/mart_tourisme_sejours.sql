{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_cellules() }}",
    post_hook="{{ appliquer(['int_tourisme__cellules']) }}",
) }}

{%- set origines = {
    'TOTAL': "'NONLOCAL', 'ETRANGER'",
    'FRANCE': "'NONLOCAL'",
    'INTERNATIONAL': "'ETRANGER'",
} -%}
{%- set volume_connu = 'case when nb_nuits is not null then volume end' %}

with cellules as (
    {{ cellules_changees() }}
),

cumuls_periode as (
    select * from {{ ref('int_tourisme__cumuls_periode') }}
    where famille = 'sejour_duree'
),

durees as (
    select * from {{ ref('dim_duree_sejour') }}
),

volumes as (
    select
        cumuls.code_zone,
        cumuls.annee,
        cumuls.code_periode,
        cumuls.code_provenance,
        cumuls.code_membre as code_duree,
        durees.nb_nuits,
        cumuls.volume,
        cumuls._run_id
    from cellules
    inner join cumuls_periode as cumuls
        on
            cellules.code_zone = cumuls.code_zone
            and cellules.annee = cumuls.annee
            and cellules.code_periode = cumuls.code_periode
    left join durees
        on cumuls.code_membre = durees.code_duree
),

histogramme as (
    {% for origine, provenances in origines.items() -%}
        select
            code_zone,
            annee,
            code_periode,
            '{{ origine }}' as origine,
            code_duree,
            nb_nuits,
            sum(volume) as volume,
            max(_run_id) as _run_id
        from volumes
        where code_provenance in ({{ provenances }})
        group by code_zone, annee, code_periode, code_duree, nb_nuits
        {% if not loop.last -%}
            union all
        {% endif -%}
    {% endfor %}
),

-- The unknown length counts in the shares, not in the mean.
origines as (
    select
        code_zone,
        annee,
        code_periode,
        origine,
        sum(volume) as volume,
        {{ duree_moyenne('nb_nuits', volume_connu) }} as duree_moyenne
    from histogramme
    group by code_zone, annee, code_periode, origine
)

select
    histogramme.code_zone,
    histogramme.annee,
    histogramme.code_periode,
    histogramme.origine,
    histogramme.code_duree,
    cast(histogramme.nb_nuits as integer) as nb_nuits,
    cast(histogramme.volume as bigint) as volume,
    {{ part('histogramme.volume', 'origines.volume') }} as part,
    origines.duree_moyenne,
    histogramme._run_id
from histogramme
inner join origines
    on
        histogramme.code_zone = origines.code_zone
        and histogramme.annee = origines.annee
        and histogramme.code_periode = origines.code_periode
        and histogramme.origine = origines.origine
