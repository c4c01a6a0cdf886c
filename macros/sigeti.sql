{#- The day that counts as today: `--vars '{date_du_jour: 2026-01-31}'`, else the current day. -#}
{% macro aujourd_hui() -%}
    {%- if var('date_du_jour', none) -%}
        cast('{{ var("date_du_jour") }}' as date)
    {%- else -%}
        {{ jour_local(dbt.current_timestamp()) }}
    {%- endif -%}
{%- endmacro %}

{#- The day of a moment, where SIGETI is. -#}
{% macro jour_local(moment) -%}
    {{ return(adapter.dispatch('jour_local', 'entrepot')(moment)) }}
{%- endmacro %}

{% macro default__jour_local(moment) -%}
    cast(from_utc_timestamp({{ moment }}, 'Africa/Abidjan') as date)
{%- endmacro %}

{% macro postgres__jour_local(moment) -%}
    cast({{ moment }} at time zone 'Africa/Abidjan' as date)
{%- endmacro %}

{#- The day of a moment, where SIGETI is; null when the calendar does not have it. -#}
{% macro jour_au_calendrier(moment) -%}
    case
        when {{ est_au_calendrier(jour_local(moment)) }} then {{ jour_local(moment) }}
    end
{%- endmacro %}

{#- Whole days from one day to another; null when one is not known. -#}
{% macro jours_entre(debut, fin) -%}
    {{ return(adapter.dispatch('jours_entre', 'entrepot')(debut, fin)) }}
{%- endmacro %}

{% macro default__jours_entre(debut, fin) -%}
    {{ dbt.datediff(debut, fin, 'day') }}
{%- endmacro %}

{#- Of days, not of moments: their difference is a number, not an interval. A source of PostgreSQL may
    hold the day `infinity`, from which nothing can be counted. -#}
{% macro postgres__jours_entre(debut, fin) -%}
    case when isfinite({{ debut }}) and isfinite({{ fin }}) then {{ fin }} - {{ debut }} end
{%- endmacro %}

{#- An area in m2, whatever the unit; null when the unit is not known, or above a million km2: no land is
    so large, and no sum would hold it. -#}
{% macro en_m2(superficie, unite) -%}
    case
        when lower(trim({{ unite }})) = 'm2' and {{ superficie }} <= 1e12 then {{ superficie }}
        when lower(trim({{ unite }})) = 'ha' and {{ superficie }} <= 1e8 then {{ superficie }} * 10000
    end
{%- endmacro %}

{#- `L O T -999`, ` LOT-999` and `LOT -999` are LOT-999. -#}
{% macro numero_de_lot(expression) -%}
    nullif(upper(regexp_replace({{ expression }}, '[\s\u00a0]+', '', 'g')), '')
{%- endmacro %}

{#- A value of a JSON document as text; null when it is not there. -#}
{% macro texte_json(colonne, chemin) -%}
    {{ return(adapter.dispatch('texte_json', 'entrepot')(colonne, chemin)) }}
{%- endmacro %}

{% macro postgres__texte_json(colonne, chemin) -%}
    {{ colonne }} #>> '{{ '{' ~ chemin | join(",") ~ '}' }}'
{%- endmacro %}

{#- A number of a JSON document; null when it is not there or not a number. -#}
{% macro nombre_json(colonne, chemin) -%}
    case
        when regexp_like({{ texte_json(colonne, chemin) }}, '^-?[0-9]{1,15}([.][0-9]+)?$')
            then cast({{ texte_json(colonne, chemin) }} as numeric)
    end
{%- endmacro %}

{#- Share in %, two decimals; null without anything to share. -#}
{% macro pourcentage(partie, total) -%}
    cast(100.0 * ({{ partie }}) / nullif({{ total }}, 0) as numeric(14, 2))
{%- endmacro %}

{#- Mean with two decimals. -#}
{% macro moyenne(expression, filtre=none) -%}
    cast(avg({{ expression }}){% if filtre %} filter (where {{ filtre }}){% endif %} as numeric(14, 2))
{%- endmacro %}

{#- The class of a value, null for null: of its family in `seuils` (a CTE of that name), the one with the
    greatest limit that the value passes. -#}
{% macro classe_de(famille, valeur) -%}
    (
        select classes.code_classe
        from seuils as classes
        where
            classes.famille = '{{ famille }}'
            and case
                when classes.borne is null then {{ valeur }} is not null
                when classes.borne_incluse then {{ valeur }} >= classes.borne
                else {{ valeur }} > classes.borne
            end
        order by classes.borne desc nulls last
        limit 1
    )
{%- endmacro %}
