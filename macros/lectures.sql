{#- Safe casts over whole columns: null for what cannot be read, never a guess, and no exception
    block per row. The same patterns hold on every version of PostgreSQL, where
    `pg_input_is_valid` would also let 'tomorrow' pass. -#}

{#- A day written YYYY-MM-DD that exists, of 1901 to 2099: 2024-02-30 and 2023-02-29 are null. -#}
{% macro lire_date(expression) -%}
    {%- set months = [
        '(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])',
        '(0[469]|11)-(0[1-9]|[12][0-9]|30)',
        '02-(0[1-9]|1[0-9]|2[0-8])',
    ] | join('|') -%}
    {%- set leap_years = '(19|20)(0[48]|[2468][048]|[13579][26])|2000' -%}
    case
        when regexp_like(
            trim({{ expression }}),
            '^((19|20)[0-9][0-9]-({{ months }})|({{ leap_years }})-02-29)$'
        ) then cast(trim({{ expression }}) as date)
    end
{%- endmacro %}

{#- The days that `dim_date` has: what lies outside is rejected, else facts would fall out of a
    join with it. -#}
{% macro est_au_calendrier(jour) -%}
    {{ jour }} between cast('2015-01-01' as date) and cast('2035-12-31' as date)
{%- endmacro %}

{#- A whole number: '123', '123.0', '1 234' with any space between thousands; null for anything
    else, '12 34' and more than 15 digits included (a sum of many must still fit). -#}
{% macro lire_volume(expression) -%}
    {%- set spaced = "trim(translate(" ~ expression ~ ", '\u00a0\u202f\u2009\u2007\u0009', '     '))" -%}
    case
        when regexp_like({{ expression }}, '^[0-9]{1,15}$') then cast({{ expression }} as bigint)
        when regexp_like({{ spaced }}, '^-?([0-9]{1,15}|[0-9]{1,3}( [0-9]{3}){1,4})([.]0+)?$')
            then cast(replace({{ dbt.split_part(spaced, "'.'", 1) }}, ' ', '') as bigint)
    end
{%- endmacro %}
