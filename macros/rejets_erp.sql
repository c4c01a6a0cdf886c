{#- What is looked at in a row of each entity. Without a required value (`requis`: decimals by column;
    `jours_requis`) a row is of no use and stays out; any other value that cannot be read is null, and its
    row stays. `cle`: the key of the row, as a number where it is one. -#}
{% macro exigences_erp(entite) -%}
    {%- set paliers = [] -%}
    {%- for rang in range(1, 11) -%}
        {%- do paliers.extend(['qte_rq_' ~ rang, 'px_ach_rq_' ~ rang]) -%}
    {%- endfor -%}
    {{ return({
        'client': {
            'cle': 'cod_cli', 'textes': ['nom_cli', 'ville'], 'decimaux': {'mt_franco': 2},
        },
        'fournis': {
            'cle': 'cod_fou', 'textes': ['nom_fou', 'ville'],
            'decimaux': {'mt_franco': 2, 'mt_mini': 2, 'coef_ach_1': 4, 'coef_vte_1': 4},
        },
        'produit': {
            'cle': 'cod_pro', 'textes': ['nom_pro', 'nom_pr2'], 'nombres': ['poid_net'],
            'booleens': ['consigne', 'ges_stk'],
            'decimaux': {
                'px_refv': 4, 'px_refa': 4, 'pmp': 4, 'px_rvt': 4, 'px_std': 4, 'coef_1': 4,
            },
        },
        'hisprixa': {
            'jours_requis': ['dat_px'], 'nombres': paliers, 'decimaux': {'px_refa': 4},
        },
        'lignecli': {
            'cle': 'uniq_id', 'requis': {'qte': 3, 'mt_ht': 2}, 'textes': ['nom_pro'],
            'jours': ['dat_liv'],
            'booleens': ['gratuit', 'reliquat'],
            'decimaux': {
                'qte_rlk': 3, 'qte_dejl': 3, 'qte_res': 3, 'px_vte': 4, 'remise1': 2, 'px_ach': 4,
                'pmp': 4,
            },
        },
    }[entite]) }}
{%- endmacro %}

{#- Whether a row lacks what it must have, and stays out; never null. -#}
{% macro est_exclue_erp(entite) -%}
    {%- set exigences, conditions = exigences_erp(entite), [] -%}
    {%- for colonne, decimales in exigences.get('requis', {}).items() -%}
        {%- do conditions.append("(" ~ decimal_erp(colonne, decimales) ~ ") is null") -%}
    {%- endfor -%}
    {%- for colonne in exigences.get('jours_requis', []) -%}
        {%- do conditions.append("not coalesce(" ~ est_au_calendrier(colonne) ~ ", false)") -%}
    {%- endfor -%}
    ({{ conditions | join(' or ') if conditions else 'false' }})
{%- endmacro %}

{#- Every reason for which something in a row cannot be read, one after the other; null without any. -#}
{% macro motifs_erp(entite) -%}
    {%- set exigences, motifs = exigences_erp(entite), [] -%}
    {%- set requis = exigences.get('requis', {}) -%}
    {%- for colonne in requis -%}
        {%- do motifs.append((colonne ~ " is null", "missing " ~ colonne)) -%}
    {%- endfor -%}
    {%- for colonne in exigences.get('jours_requis', []) -%}
        {%- do motifs.append(
            ("not coalesce(" ~ est_au_calendrier(colonne) ~ ", false)", colonne ~ " outside the calendar")
        ) -%}
    {%- endfor -%}
    {%- for nature, colonnes in {
        'texte': exigences.get('textes', []), 'date': exigences.get('jours', []),
        'booleen': exigences.get('booleens', []), 'nombre': exigences.get('nombres', []),
    }.items() -%}
        {%- for colonne in colonnes -%}
            {%- do motifs.append((est_illisible_progress(nature, colonne), "unreadable " ~ colonne)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for colonne in exigences.get('jours', []) -%}
        {%- do motifs.append((
            "not (" ~ est_au_calendrier(date_progress(colonne)) ~ ")", colonne ~ " outside the calendar"
        )) -%}
    {%- endfor -%}
    {%- for colonne, decimales in dict(requis, **exigences.get('decimaux', {})).items() -%}
        {%- do motifs.append((
            colonne ~ " is not null and (" ~ decimal_erp(colonne, decimales) ~ ") is null",
            colonne ~ " too large"
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
{% macro rejets_erp(entite) -%}
    {%- set cle = exigences_erp(entite).get('cle') -%}
with source as (
    select * from {{ source('erp', entite) }}
),

lignes_jugees as (
    select
        cast({{ cle or 'null' }} as bigint) as id_ligne,
        {{ "cast(" ~ cle ~ " as " ~ dbt.type_string() ~ ")" if cle else cle_prix() }} as cle_ligne,
        {{ motifs_erp(entite) }} as motif,
        {{ est_exclue_erp(entite) }} as est_exclue,
        _run_id
    from source
)

select
    id_ligne,
    cle_ligne,
    motif,
    est_exclue,
    _run_id
from lignes_jugees
where motif is not null
{%- endmacro %}

{#- The staging entities of the ERP that have a twin: all whose table has values to read. -#}
{% macro entites_erp_jugees() -%}
    {{ return(['client', 'fournis', 'produit', 'hisprixa', 'lignecli']) }}
{%- endmacro %}
