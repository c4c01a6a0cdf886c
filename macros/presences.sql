{#- What a file speaks of, from the raw rows: its days and zones, and its labels. Read once per
    file, when it is new, and kept in models/facts: a row never changes once landed. -#}

{#- One row per file, zone and day as written, of every table. -#}
{% macro presences_fluxvision() -%}
{%- for table in fluxvision_tables() %}
select distinct
    '{{ table }}' as table_name,
    _file_id,
    {{ premier_rempli(['zone_observation', 'zone']) }} as zone_brute,
    date as date_brute
from {{ source('fluxvision', table) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{#- One row per file, nature and label as compared, of every table; the same may come several times.
    A raw table is read once: its labels are told apart as delivered, all natures together, and
    only then rewritten to compare. -#}
{% macro libelles_fluxvision() -%}
{%- for table in fluxvision_tables() %}
{%- set natures = fluxvision_natures(table) %}
{%- set colonnes = natures.values() | map(attribute='colonnes') | sum(start=[]) | unique | list %}
select
    '{{ table }}' as table_name,
    delivrees._file_id,
    natures.nature,
    case natures.nature
        {%- for nature, lecture in natures.items() %}
        when '{{ nature }}' then {{ lecture.libelle }}
        {%- endfor %}
    end as libelle
from (
    select distinct _file_id, {{ colonnes | join(', ') }}
    from {{ source('fluxvision', table) }}
) as delivrees
cross join (
    {%- for nature in natures %}
    select '{{ nature }}' as nature {{ 'union all' if not loop.last }}
    {%- endfor %}
) as natures
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{#- Nature of a label -> the raw columns that it is read from, and how. -#}
{% macro fluxvision_natures(table) -%}
    {%- set libelles = fluxvision_libelles(table) -%}
    {%- set colonnes = {
        'zone': ['zone_observation', 'zone'],
        'provenance': ['provenance'],
        'categorie': ['categorie_visiteur'],
    } -%}
    {%- set autres = {
        'libelle_departement_origine': 'departement',
        'libelle_pays': 'pays',
        'libelle_duree': 'duree',
    } -%}
    {%- for colonne, nature in autres.items() if colonne in libelles -%}
        {%- do colonnes.update({nature: libelles[colonne]}) -%}
    {%- endfor -%}
    {%- set natures = {} -%}
    {%- for nature, brutes in colonnes.items() -%}
        {%- do natures.update({nature: {'colonnes': brutes, 'libelle': libelle_de(brutes)}}) -%}
    {%- endfor -%}
    {%- if 'code_insee' in libelles -%}
        {%- set lieu = {'libelle_zone': natures.zone.libelle} -%}
        {%- for colonne in ['libelle_epci', 'libelle_commune', 'libelle_departement'] -%}
            {%- do lieu.update({colonne: libelle_de(libelles[colonne])}) -%}
        {%- endfor -%}
        {%- do lieu.update({'code_insee': code_insee_de(libelles['code_insee'])}) -%}
        {%- set du_lieu = colonnes.zone + libelles['libelle_commune'] + libelles['libelle_departement']
            + libelles['code_insee'] -%}
        {%- do natures.update({
            'commune': {'colonnes': du_lieu, 'libelle': cle_de_commune(lieu)},
            'epci': {'colonnes': du_lieu + libelles['libelle_epci'], 'libelle': cle_d_epci(lieu)},
        }) -%}
    {%- endif -%}
    {{ return(natures) }}
{%- endmacro %}

{#- What a commune is known by: its INSEE code; without one its name, in the department of the place
    or else (after an @) in that of the zone observed. `lieu` maps the columns of the staging view
    to expressions. -#}
{% macro cle_de_commune(lieu) -%}
    coalesce(
        {{ lieu.code_insee }},
        coalesce({{ lieu.libelle_departement }}, '@' || {{ lieu.libelle_zone }})
        || '|' || {{ nom_de_commune(lieu.libelle_commune) }}
    )
{%- endmacro %}

{#- What an EPCI is known by: its name; without one (after an @) the commune that lies in it. -#}
{% macro cle_d_epci(lieu) -%}
    coalesce({{ lieu.libelle_epci }}, '@' || {{ cle_de_commune(lieu) }})
{%- endmacro %}

{#- The code of a group that has only one candidate, of those that hold today if there are any;
    INCONNU when several are left: nothing is guessed. -#}
{% macro seul_candidat(code, est_actuel) -%}
    case
        when count(case when {{ est_actuel }} then 1 end) = 1
            then max(case when {{ est_actuel }} then {{ code }} end)
        when count(case when {{ est_actuel }} then 1 end) = 0 and count(*) = 1
            then max({{ code }})
        else 'INCONNU'
    end
{%- endmacro %}
