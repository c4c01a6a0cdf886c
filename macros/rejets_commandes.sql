{#- What is looked at in a row of each entity of the order system. Without a required value (`requis`) a row is
    of no use and stays out; any other value that cannot be read is null, and its row stays. `cle`: what
    tells the row. -#}
{% macro exigences_commandes(entite) -%}
    {{ return({
        'entetes': {
            'table': 'a_kopf', 'cle': ['id'], 'requis': ['au_nummer', 'au_alpha'],
            'textes': ['auf_status'], 'montants': ['a_vor_mw_st'],
        },
        'journal': {'table': 'a_logbuch', 'cle': ['id'], 'jours': ['datum'], 'textes': ['notiz']},
        'champs_libres': {
            'table': 'a_kopffreie', 'cle': ['id_a_kopf', 'nummer'],
            'nombres_saisis': ['feld2'], 'jours_saisis': ['feld3', 'feld5'],
        },
        'operations': {'table': 'a_vorgang', 'cle': ['id_a_kopf', 'nummer'], 'jours': ['datum']},
        'accessoires': {
            'table': 'p_zubeh', 'cle': ['id_a_kopf', 'position', 'z_nr'],
            'textes': ['z_code'], 'montants': ['stueck'],
        },
    }[entite]) }}
{%- endmacro %}

{#- Whether a row lacks what it must have, and stays out; never null. -#}
{% macro est_exclue_commandes(entite) -%}
    {%- set conditions = [] -%}
    {%- for colonne in exigences_commandes(entite).get('requis', []) -%}
        {%- do conditions.append(texte_lu("cast(" ~ colonne ~ " as " ~ dbt.type_string() ~ ")") ~ " is null") -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') if conditions else 'false' }})
{%- endmacro %}

{#- Every reason for which something in a row cannot be read, one after the other; null without any. -#}
{% macro motifs_commandes(entite) -%}
    {%- set exigences, motifs = exigences_commandes(entite), [] -%}
    {%- for colonne in exigences.get('requis', []) -%}
        {%- do motifs.append((
            texte_lu("cast(" ~ colonne ~ " as " ~ dbt.type_string() ~ ")") ~ " is null", "missing " ~ colonne
        )) -%}
    {%- endfor -%}
    {%- for colonne in exigences.get('textes', []) -%}
        {%- do motifs.append((est_illisible(colonne), "unreadable " ~ colonne)) -%}
    {%- endfor -%}
    {%- for colonne in exigences.get('jours', []) -%}
        {%- do motifs.append(("not (" ~ est_au_calendrier(colonne) ~ ")", colonne ~ " outside the calendar")) -%}
    {%- endfor -%}
    {%- for colonne in exigences.get('montants', []) -%}
        {%- do motifs.append((colonne ~ " is not null and (" ~ decimal_erp(colonne, 2) ~ ") is null",
            colonne ~ " too large")) -%}
    {%- endfor -%}
    {%- for colonne in exigences.get('jours_saisis', []) -%}
        {%- do motifs.append((
            est_saisi(colonne) ~ " and (" ~ jour_saisi(colonne) ~ ") is null", "unreadable " ~ colonne
        )) -%}
    {%- endfor -%}
    {%- for colonne in exigences.get('nombres_saisis', []) -%}
        {%- do motifs.append((
            est_saisi(colonne) ~ " and (" ~ nombre_saisi(colonne) ~ ") is null", "unreadable " ~ colonne
        )) -%}
    {%- endfor -%}
    nullif(concat_ws(
        '; '
        {%- for condition, motif in motifs %},
        case when {{ condition }} then '{{ motif }}' end
        {%- endfor %}
    ), '')
{%- endmacro %}

{#- The twin of a staging view: the rows in which something cannot be read, with the reasons. -#}
{% macro rejets_commandes(entite) -%}
    {%- set exigences = exigences_commandes(entite) -%}
with source as (
    select * from {{ source('commandes', exigences.table) }}
),

lignes_jugees as (
    select
        concat_ws('/', {{ exigences.cle | join(', ') }}) as cle_ligne,
        {{ motifs_commandes(entite) }} as motif,
        {{ est_exclue_commandes(entite) }} as est_exclue,
        _run_id
    from source
)

select
    cle_ligne,
    motif,
    est_exclue,
    _run_id
from lignes_jugees
where motif is not null
{%- endmacro %}

{#- The staging entities of the order system that have a twin, with their raw tables. -#}
{% macro entites_commandes_jugees() -%}
    {%- set tables = {} -%}
    {%- for entite in ['entetes', 'journal', 'champs_libres', 'operations', 'accessoires'] -%}
        {%- do tables.update({entite: exigences_commandes(entite).table}) -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}
