{#- The moment of the query, or the one that the session has set for it (`entrepot health --today`).
    Unit tests put a moment of their own in its place. -#}
{% macro maintenant() -%}
    {{ return(adapter.dispatch('maintenant', 'entrepot')()) }}
{%- endmacro %}

{% macro default__maintenant() -%}
    {{ dbt.current_timestamp() }}
{%- endmacro %}

{% macro postgres__maintenant() -%}
    coalesce(
        cast(nullif(current_setting('entrepot.now', true), '') as timestamptz), current_timestamp
    )
{%- endmacro %}

{#- The day of that moment, in the time zone of the session: UTC. -#}
{% macro jour_courant() -%}
    cast({{ maintenant() }} as date)
{%- endmacro %}

{#- Hours from one moment to another, with decimals; null when one is not known. -#}
{% macro heures_entre(debut, fin) -%}
    {{ return(adapter.dispatch('heures_entre', 'entrepot')(debut, fin)) }}
{%- endmacro %}

{% macro default__heures_entre(debut, fin) -%}
    ({{ dbt.datediff(debut, fin, 'second') }} / 3600.0)
{%- endmacro %}

{% macro postgres__heures_entre(debut, fin) -%}
    (extract(epoch from {{ fin }} - {{ debut }}) / 3600)
{%- endmacro %}

{#- The value that a share of the rows of a group does not exceed, between two rows in proportion. -#}
{% macro centile(expression, part) -%}
    {{ return(adapter.dispatch('centile', 'entrepot')(expression, part)) }}
{%- endmacro %}

{% macro default__centile(expression, part) -%}
    percentile({{ expression }}, {{ part }})
{%- endmacro %}

{% macro postgres__centile(expression, part) -%}
    percentile_cont({{ part }}) within group (order by {{ expression }})
{%- endmacro %}

{#- An age of dbt's freshness (`{count: 36, period: hour}`) in hours, as a literal. -#}
{% macro en_heures(age) -%}
    {%- if age and age['count'] is not none and age['period'] is not none -%}
        {{ return(age['count'] * {'minute': 1 / 60, 'hour': 1, 'day': 24}[age['period'] | string]) }}
    {%- else -%}
        {{ return('null') }}
    {%- endif -%}
{%- endmacro %}

{#- A share of rows (`0.1%` or 0.001) as a literal; none is 0. -#}
{% macro en_part(part) -%}
    {%- set texte = (part or 0) | string | trim -%}
    {{ return((texte[:-1] | float / 100 if texte.endswith('%') else texte | float) | round(6)) }}
{%- endmacro %}

{#- What the sources in use deliver, from the graph of dbt: no second list to keep. The graph is not
    whole while dbt parses. Generated tables come from nobody, and are left out. -#}
{% macro tables_declarees() -%}
    {%- set lignes = [] -%}
    {%- for table in (graph.sources.values() if execute else []) | sort(attribute='unique_id') -%}
        {%- set ingest = (table.meta or {}).get('ingest') -%}
        {%- if table.source_name in var('sources') and ingest is mapping and not ingest.get('generated') -%}
            {%- set fraicheur = table.freshness or {} -%}
            {%- do lignes.append(
                "('" ~ table.source_name ~ "', '" ~ table.name ~ "', "
                ~ en_heures(fraicheur.warn_after) ~ ', ' ~ en_heures(fraicheur.error_after) ~ ', '
                ~ en_part(ingest.get('tolerance')) ~ ')'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    select source, table_name, warn_after_hours, error_after_hours, tolerance
    from (
        values
        {#- Gives the columns their types, also when nothing is declared. #}
        (
            cast(null as {{ dbt.type_string() }}),
            cast(null as {{ dbt.type_string() }}),
            cast(null as numeric(10, 2)),
            cast(null as numeric(10, 2)),
            cast(null as numeric(10, 6))
        )
        {%- for ligne in lignes %},
        {{ ligne }}
        {%- endfor %}
    ) as declarees (source, table_name, warn_after_hours, error_after_hours, tolerance)
    where source is not null
{%- endmacro %}

{#- So many days from a day. -#}
{% macro jours_apres(nombre, jour) -%}
    cast({{ dbt.dateadd('day', nombre, jour) }} as date)
{%- endmacro %}

{#- A number of bytes in words: `12.3 GB`. -#}
{% macro en_octets(expression) -%}
    cast(cast({{ expression }} / 1000000000.0 as numeric(14, 1)) as {{ dbt.type_string() }}) || ' GB'
{%- endmacro %}

{#- A value as text, for a message. -#}
{% macro en_texte(expression) -%}
    cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}
