{#- What people typed into the order system, and the rules by which orders are chosen. -#}

{#- A day as people type it: 05.11.2025, 05/11/2025 or 2025-11-05. Null for none, and for one that is not in
    the calendar. -#}
{% macro jour_saisi(expression) -%}
    {%- set jour = date_progress("replace(" ~ expression ~ ", '.', '/')", 'jma') -%}
    case when {{ est_au_calendrier(jour) }} then {{ jour }} end
{%- endmacro %}

{#- Whether somebody typed something: blanks and a day of noughts say nothing. -#}
{% macro est_saisi(expression) -%}
    not {{ est_vide_progress(expression) }} and not regexp_like(trim({{ expression }}), '^[0/. -]*[/.-][0/. -]*$')
{%- endmacro %}

{#- A day of the source, null when the calendar does not have it. -#}
{% macro jour_connu(jour) -%}
    case when {{ est_au_calendrier(jour) }} then {{ jour }} end
{%- endmacro %}

{#- A number of pieces as people type it: whole, 0 to 99,999; else null. -#}
{% macro nombre_saisi(expression) -%}
    case
        when {{ nombre_progress(expression) }} between 0 and 99999
            and {{ nombre_progress(expression) }} = floor({{ nombre_progress(expression) }})
            then cast({{ nombre_progress(expression) }} as integer)
    end
{%- endmacro %}

{#- A code as it is compared: capitals, single spaces. -#}
{% macro code_saisi(expression) -%}
    upper({{ texte_lu(expression) }})
{%- endmacro %}

{#- Whether a note (as `libelle_normalise` writes it) says that an order is planned, and does not go on with
    "en attente" right there. -#}
{% macro note_planifie(libelle) -%}
    coalesce(
        regexp_replace({{ libelle }}, 'CDE PLANIFIEE[^A-Z0-9]*EN ATTENTE', '', 'g')
        like '%CDE PLANIFIEE%',
        false
    )
{%- endmacro %}

{#- Whether a code is of a family: its words alone, before a space, or before a digit where the family allows
    that. What follows otherwise makes another word of it: SOP_TEST is no SOP. -#}
{% macro est_de_la_famille(code, famille, chiffre_accole) -%}
    {%- set suite = "substr(" ~ code ~ ", length(" ~ famille ~ ") + 1, 1)" -%}
    (
        substr({{ code }}, 1, length({{ famille }})) = {{ famille }}
        and (
            {{ suite }} in ('', ' ')
            or ({{ chiffre_accole }} and {{ suite }} between '0' and '9')
        )
    )
{%- endmacro %}

{#- Whether a status (as `libelle_normalise` writes it) is one of the seed, or begins with its words. -#}
{% macro est_du_statut(status, libelle) -%}
    (
        {{ status }} = {{ libelle }}
        or substr({{ status }}, 1, length({{ libelle }}) + 1) = {{ libelle }} || ' '
    )
{%- endmacro %}
