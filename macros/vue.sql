{#- Views are replaced in place. dbt's own way makes each view anew beside the old one and drops the
    old one with all that reads it: in between, a view over it is missing, and a build of seventy
    views pays for renaming every one of them. Only where the columns no longer fit, which PostgreSQL
    refuses to replace, is the view dropped and made again, in one transaction. -#}
{% materialization view, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set grant_config = config.get('grants') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if existing is not none and not existing.is_view -%}
        {{ drop_relation_if_exists(existing) }}
    {%- endif -%}
    {% call statement('main') -%}
        {{ remplacer_la_vue(target_relation, sql) }}
    {%- endcall %}

    {%- do apply_grants(target_relation, grant_config, should_revoke=true) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro remplacer_la_vue(relation, sql) -%}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif -%}
    {%- set droits = droits_de_la_vue() %}
    do $dbt_view$
    begin
        execute $dbt_sql$create or replace view {{ relation }}{{ droits }} as (
            {{ sql }}
        )$dbt_sql$;
    exception when invalid_table_definition then
        drop view {{ relation }} cascade;
        execute $dbt_sql$create view {{ relation }}{{ droits }} as (
            {{ sql }}
        )$dbt_sql$;
    end
    $dbt_view$
{%- endmacro %}

{#- A view that somebody may read shows what that reader may read of what is below it, and row policies
    hold through it; a view for builds alone has its owner's rights. -#}
{% macro droits_de_la_vue() -%}
    {%- for lecteurs in (config.get('grants') or {}).values() if lecteurs -%}
        {{ return(' with (security_invoker = true, security_barrier = true)') }}
    {%- endfor -%}
{%- endmacro %}
