{#- One build at a time. A dbt command that writes takes a row in etl.dbt_lease before its first
    node and frees it after its last. The row is live as long as a session named after the
    invocation is connected to the server: the plugin in orchestration/dbt_plugin keeps one open for
    the life of the process, so a killed build frees its lease by dying. (An advisory lock taken
    here would be gone before the first model: dbt closes the connection of its hooks.) -#}

{% macro writes_to_the_warehouse() -%}
    {{ return(flags.WHICH in ['build', 'run', 'seed', 'snapshot', 'test', 'clone', 'retry']) }}
{%- endmacro %}

{% macro take_lease() -%}
    {%- if execute and writes_to_the_warehouse() -%}
        {%- set taken = run_query(lease_statement()) -%}
        {%- set holder, has_session = taken.rows[0][0], taken.rows[0][1] -%}
        {%- if not has_session -%}
            {{ exceptions.raise_compiler_error(
                "dbt runs outside the project's environment, so its lease cannot be kept: "
                ~ "use the dbt of .venv (`entrepot setup` makes it)."
            ) }}
        {%- elif holder != invocation_id -%}
            {{ exceptions.raise_compiler_error(
                "another build is writing to this warehouse (invocation " ~ holder
                ~ "): wait for its end and run this one again."
            ) }}
        {%- endif -%}
    {%- endif -%}
    select 1
{%- endmacro %}

{#- One statement under one lock: dead leases go, ours comes if none is live, and the holder is
    returned with whether our own session is there. -#}
{% macro lease_statement() -%}
    {{ adapter.dispatch('lease_statement', 'entrepot')() }}
{%- endmacro %}

{% macro postgres__lease_statement() -%}
    begin;
    lock table etl.dbt_lease in share row exclusive mode;
    delete from etl.dbt_lease
    where not exists (
        select 1 from pg_stat_activity as session
        where
            session.datname = current_database()
            and session.application_name = 'entrepot lease ' || dbt_lease.invocation_id
    );
    insert into etl.dbt_lease (invocation_id, command)
    select '{{ invocation_id }}', '{{ flags.WHICH }}'
    where
        not exists (select 1 from etl.dbt_lease)
        and exists (
            select 1 from pg_stat_activity as session
            where
                session.datname = current_database()
                and session.application_name = 'entrepot lease {{ invocation_id }}'
        );
    commit;
    select
        (select min(invocation_id) from etl.dbt_lease) as holder,
        exists (
            select 1 from pg_stat_activity as session
            where
                session.datname = current_database()
                and session.application_name = 'entrepot lease {{ invocation_id }}'
        ) as has_session
{%- endmacro %}

{% macro free_lease() -%}
    {%- if execute and writes_to_the_warehouse() -%}
        delete from etl.dbt_lease where invocation_id = '{{ invocation_id }}'
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}
