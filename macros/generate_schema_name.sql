{#- Schemas carry the names that the docs give them, whatever the target: `test` is a separate
    database, not a prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
