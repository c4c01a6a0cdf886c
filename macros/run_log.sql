{#- Every node of a dbt command that writes leaves a line in etl.run_log, as the loads do. The run id
    is the one of the run that called dbt, else the invocation id. -#}
{% macro log_results(results) -%}
    {%- if not (execute and writes_to_the_warehouse() and results) -%}
        {{ return('select 1') }}
    {%- endif -%}
    {%- set steps = {
        'model': 'build', 'seed': 'build', 'snapshot': 'snapshot', 'test': 'test', 'unit_test': 'test'
    } -%}
    {%- set statuses = {
        'success': 'ok', 'pass': 'ok', 'warn': 'warn', 'error': 'failed', 'fail': 'failed',
        'skipped': 'skipped'
    } -%}
    {%- set lines = [] -%}
    {%- for result in results if result.node.resource_type in steps -%}
        {%- set rows_affected = (result.adapter_response or {}).get('rows_affected') -%}
        {%- do lines.append(
            "(" ~ [
                ended_at(result),
                "'" ~ env_var('ENTREPOT_RUN_ID', invocation_id) ~ "'",
                "'dbt'",
                "'" ~ result.node.name[:200] ~ "'",
                "'" ~ steps[result.node.resource_type] ~ "'",
                "'" ~ statuses.get(result.status | string, 'failed') ~ "'",
                rows_affected if rows_affected is number else 'null',
                result.execution_time or 0,
                "'" ~ log_line(result.message) ~ "'"
                if statuses.get(result.status | string, 'failed') == 'failed' else 'null',
            ] | join(', ') ~ ")"
        ) -%}
    {%- endfor -%}
    {%- if not lines -%}
        {{ return('select 1') }}
    {%- endif -%}
    insert into etl.run_log (logged_at, run_id, source, table_name, step, status, rows, seconds, error)
    values
    {{ lines | join(',\n    ') }}
{%- endmacro %}

{#- The first lines of a message, without what could end the literal it is put into, and without the
    value that PostgreSQL quotes in it. A database's DETAIL line comes after them: it may quote a row. -#}
{% macro log_line(message) -%}
    {%- set dit = ((message or '') | string).strip().split('\n')[:2] | join(' ') -%}
    {%- set sans_valeur = modules.re.sub('(: |value )".*"', '\\1"***"', dit) -%}
    {{ return(sans_valeur | truncate(300, True, '') | replace("'", "''") | replace('\\', '/')) }}
{%- endmacro %}

{#- When a node ended, as a literal; now, if dbt did not time it (a skipped node). -#}
{% macro ended_at(result) -%}
    {%- set moments = result.timing | map(attribute='completed_at') | select | list -%}
    {%- if moments -%}
        {{ return("cast('" ~ (moments | last).isoformat() ~ "Z' as timestamptz)") }}
    {%- endif -%}
    {{ return('clock_timestamp()') }}
{%- endmacro %}
