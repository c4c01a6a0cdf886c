{#- What Progress writes for nothing, and how it writes numbers, days and truth in text. Each of these
    gives null for what is not there and for what cannot be read; `est_illisible_progress` tells the
    two apart, so that the second is named by the twin of the view. Nothing is guessed. -#}

{#- Whether a text says nothing: null, blank, or one of the markers. -#}
{% macro est_vide_progress(expression) -%}
    coalesce(trim({{ expression }}) in ('', '?', '.', '---'), true)
{%- endmacro %}

{#- A text without the spaces around it; null for the markers. -#}
{% macro texte_progress(expression) -%}
    case when not {{ est_vide_progress(expression) }} then trim({{ expression }}) end
{%- endmacro %}

{#- A text that is shown, a name: the same, and null too for one with a letter that an encoding lost. -#}
{% macro libelle_progress(expression) -%}
    case
        when not regexp_like({{ expression }}, '\ufffd') then {{ texte_progress(expression) }}
    end
{%- endmacro %}

{#- A code as keys compare it: text, in capitals. -#}
{% macro code_progress(expression) -%}
    upper({{ texte_progress("cast(" ~ expression ~ " as " ~ dbt.type_string() ~ ")") }})
{%- endmacro %}

{#- A number as a display mask leaves it: spaces before it and between thousands, comma or point for the
    decimals, the sign before or behind (`   12,50`, `1 234`, `12.50-`, `,5`). With both marks the last
    one is that of the decimals (`1.234,50`). A number alone is read first, and costs one look. -#}
{% macro nombre_progress(expression) -%}
    {%- set texte = "trim(translate(" ~ expression ~ ", '\u00a0\u202f\u2009\u2007\u0009', '     '))" -%}
    {%- set signe = "case when " ~ texte ~ " like '%-%' then '-' else '' end || " -%}
    case
        when regexp_like({{ expression }}, '^[0-9]{1,12}([.][0-9]{1,9})?$')
            then cast({{ expression }} as numeric)
        when regexp_like(
            {{ texte }},
            '^([+-] ?)?([0-9]{1,12}|[0-9]{1,3}( [0-9]{3}){1,3})([.,][0-9]{0,9})?$'
            || '|^([0-9]{1,12}|[0-9]{1,3}( [0-9]{3}){1,3})([.,][0-9]{0,9})? ?[+-]$'
            || '|^([+-] ?)?[.,][0-9]{1,9}$|^[.,][0-9]{1,9} ?[+-]$'
        )
            then cast(
                {{ signe }} replace(translate({{ texte }}, ' +-', ''), ',', '.') as numeric
            )
        when regexp_like({{ texte }}, '^[+-]?[0-9]{1,3}([.][0-9]{3}){1,3},[0-9]{1,9}[+-]?$')
            and not regexp_like({{ texte }}, '^[+-].*[+-]$')
            then cast(
                {{ signe }} replace(translate({{ texte }}, '.+-', ''), ',', '.') as numeric
            )
        when regexp_like({{ texte }}, '^[+-]?[0-9]{1,3}(,[0-9]{3}){1,3}[.][0-9]{1,9}[+-]?$')
            and not regexp_like({{ texte }}, '^[+-].*[+-]$')
            then cast({{ signe }} translate({{ texte }}, ',+-', '') as numeric)
    end
{%- endmacro %}

{#- A day written dd/mm/yyyy (`ordre` 'jma') or mm/dd/yyyy ('mja', by the variable `erp_ordre_des_dates`
    for a whole installation), or as ISO writes it. A day that no calendar has is null: so are 00/00/0000
    and 00000000. -#}
{% macro date_progress(expression, ordre=none) -%}
    {%- set ordre = ordre or var('erp_ordre_des_dates', 'jma') -%}
    {%- set jour, mois = {'jma': (1, 4), 'mja': (4, 1)}[ordre] -%}
    {%- set texte = "trim(" ~ expression ~ ")" -%}
    {#- Put in the order of ISO by its places: a pattern would cost ten times as much. -#}
    {{ lire_date(
        "(case when " ~ texte ~ " like '__/__/____' then substr(" ~ texte ~ ", 7, 4) || '-' || substr("
        ~ texte ~ ", " ~ mois ~ ", 2) || '-' || substr(" ~ texte ~ ", " ~ jour ~ ", 2) else "
        ~ texte ~ " end)"
    ) }}
{%- endmacro %}

{#- A truth in any of the spellings, of any case; of a boolean too. -#}
{% macro booleen_progress(expression) -%}
    {%- set texte = "upper(trim(cast(" ~ expression ~ " as " ~ dbt.type_string() ~ ")))" -%}
    case
        when {{ texte }} in ('1', 'Y', 'YES', 'TRUE', 'OUI') then true
        when {{ texte }} in ('0', 'N', 'NO', 'FALSE', 'NON') then false
    end
{%- endmacro %}

{#- Whether a text says something that cannot be read as what it should be (`texte`, `nombre`, `date`,
    `booleen`). A date of noughts says nothing. -#}
{% macro est_illisible_progress(nature, expression) -%}
    {%- set lectures = {
        'texte': libelle_progress, 'nombre': nombre_progress, 'date': date_progress,
        'booleen': booleen_progress,
    } -%}
    (
        not {{ est_vide_progress(expression) }}
        {%- if nature == 'date' %}
        and not regexp_like(trim({{ expression }}), '^[0/. -]*$')
        {%- endif %}
        and {{ lectures[nature](expression) }} is null
    )
{%- endmacro %}

{#- The moment of a day and of the time written beside it (HH:MM:SS); the day's first one without it. -#}
{% macro moment_progress(jour, heure=none) -%}
    {%- if heure -%}
    case
        when
            regexp_like(trim({{ heure }}), '^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$')
            -- A day without end has no hour.
            and {{ jour }} between cast('0001-01-01' as date) and cast('9999-12-31' as date)
            then cast({{ dbt.concat([
                "cast(" ~ jour ~ " as " ~ dbt.type_string() ~ ")", "' '", "trim(" ~ heure ~ ")"
            ]) }} as {{ dbt.type_timestamp() }})
        else cast({{ jour }} as {{ dbt.type_timestamp() }})
    end
    {%- else -%}
    cast({{ jour }} as {{ dbt.type_timestamp() }})
    {%- endif -%}
{%- endmacro %}
