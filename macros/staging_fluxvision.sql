{#- The staging view of one table of Flux Vision: the rows that could be read, typed and decoded.
    A filter on `_file_id` reaches the index of the raw table: every window is partitioned by it. -#}
{% macro staging_fluxvision(table) -%}
{%- set libelles = fluxvision_libelles(table) -%}
{{ lignes_jugees(table, libelles) }}

select
    lignes_classees._file_id,
    lignes_classees._row_number,
    lignes_classees._run_id,
    lignes_classees.date_jour,
    lignes_classees.libelle_zone,
    {{ code_connu('zones') }} as code_zone,
    {{ code_connu('provenances') }} as code_provenance,
    {{ code_connu('categories') }} as code_categorie,
    {%- if 'libelle_departement_origine' in libelles %}
    case
        when lignes_classees.est_total then 'CUMUL' else {{ code_connu('departements') }}
    end as code_departement,
    {%- endif %}
    {%- if 'libelle_pays' in libelles %}
    case
        when lignes_classees.est_total then 'CUMUL' else {{ code_connu('les_pays') }}
    end as code_pays,
    {%- endif %}
    {%- if 'libelle_duree' in libelles %}
    {{ code_connu('durees') }} as code_duree,
    {%- endif %}
    {%- for colonne in libelles if colonne in colonnes_gardees() %}
    lignes_classees.{{ colonne }},
    {%- endfor %}
    lignes_classees.est_total,
    {{ 'true' if table in fluxvision_provisoires() else 'false' }} as est_provisoire,
    lignes_classees.volume
from lignes_classees
{{ jointure_connus('zones', 'zone', 'lignes_classees.libelle_zone') }}
{{ jointure_connus('provenances', 'provenance', 'lignes_classees.libelle_provenance') }}
{{ jointure_connus('categories', 'categorie', 'lignes_classees.libelle_categorie') }}
{% if 'libelle_departement_origine' in libelles -%}
{{ jointure_connus('departements', 'departement', 'lignes_classees.libelle_departement_origine') }}
{% endif -%}
{% if 'libelle_pays' in libelles -%}
{{ jointure_connus('les_pays', 'pays', 'lignes_classees.libelle_pays') }}
{% endif -%}
{% if 'libelle_duree' in libelles -%}
{{ jointure_connus('durees', 'duree', 'lignes_classees.libelle_duree') }}
{% endif -%}
-- One condition in a `case`, not two: of a condition that it cannot look into, the planner expects
-- half of the rows. Of a null and of a number that are computed it would expect one row in 40,000,
-- and join the rest row by row.
where case when lignes_classees.motif is null then lignes_classees.rang = 1 else false end
{%- endmacro %}

{#- Its twin: the rows that could not, each with the first reason that holds. -#}
{% macro staging_fluxvision_rejets(table) -%}
{{ lignes_jugees(table, fluxvision_libelles(table)) }}

select
    lignes_classees._file_id,
    lignes_classees._row_number,
    lignes_classees._run_id,
    lignes_classees.date_jour,
    case
        when lignes_classees.libelle_zone is not null then {{ code_connu('zones') }}
    end as code_zone,
    coalesce(lignes_classees.motif, 'duplicate in file') as motif,
    lignes_classees.ligne
from lignes_classees
{{ jointure_connus('zones', 'zone', 'lignes_classees.libelle_zone') }}
where lignes_classees.motif is not null or lignes_classees.rang > 1
{%- endmacro %}

{#- Label columns that the view shows as such; the others show as codes. -#}
{% macro colonnes_gardees() -%}
    {{ return([
        'libelle_epci', 'code_insee', 'libelle_commune', 'libelle_departement', 'age', 'geolife',
    ]) }}
{%- endmacro %}

{#- The CTEs that both read. First what a row says, then whether it can be used: a row without a
    readable day, zone or positive volume is out (`motif`); among the others, of those with the same
    labels and day in one file the last one holds (`rang` 1). -#}
{% macro lignes_jugees(table, libelles) -%}
with source as (
    select * from {{ source('fluxvision', table) }}
),

libelles_connus as (
    select * from {{ ref('stg_fluxvision__libelles_connus') }}
),

lignes_lues as (
    select
        _file_id,
        _row_number,
        _run_id,
        {{ lire_date('date') }} as date_jour,
        {{ libelle_de(['zone_observation', 'zone']) }} as libelle_zone,
        {{ libelle_de(['provenance']) }} as libelle_provenance,
        {{ libelle_de(['categorie_visiteur']) }} as libelle_categorie,
        {%- for colonne, brutes in libelles.items() %}
        {{ code_insee_de(brutes) if colonne == 'code_insee' else libelle_de(brutes) }} as {{ colonne }},
        {%- endfor %}
        {{ lire_volume('volume') }} as volume,
        nullif(trim(volume), '') as volume_brut,
        concat_ws(
            '; ', date, zone_observation, zone, provenance, categorie_visiteur
            {%- for colonne in libelles.values() | sum(start=[]) | unique %}, {{ colonne }}{% endfor %}, volume
        ) as ligne
    from source
),

lignes_motivees as (
    select
        *,
        {{ est_un_total(libelles) }} as est_total,
        case
            when date_jour is null then 'unreadable date'
            when not ({{ est_au_calendrier('date_jour') }}) then 'day outside the calendar'
            when libelle_zone is null then 'unreadable zone'
            when volume_brut is null then 'missing volume'
            when volume is null then 'unreadable volume'
            when volume <= 0 then 'volume not positive'
        end as motif
    from lignes_lues
),

lignes_classees as (
    select
        *,
        row_number() over (
            partition by
                date_jour,
                {%- for colonne in libelles %}
                {{ colonne }},
                {%- endfor %}
                libelle_categorie,
                libelle_provenance,
                libelle_zone,
                _file_id,
                motif
            order by _row_number desc
        ) as rang
    from lignes_motivees
)
{%- endmacro %}

{#- A row whose detail is labelled CUMUL is the total of the other rows. -#}
{% macro est_un_total(libelles) -%}
    {%- set details = ['libelle_categorie', 'libelle_provenance'] + (libelles.keys() | list) -%}
    coalesce('CUMUL' in ({{ details | join(', ') }}), false)
{%- endmacro %}
