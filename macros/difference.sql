{#- Incremental strategy `difference`: the whole query is computed, and the table becomes what it says,
    in one transaction: keys that are gone are deleted, rows that differ are updated, new ones inserted. A
    row that did not change is not touched and keeps its `created_at`, which is never compared. So an
    increment equals a full refresh whatever was updated, deleted or came late, and a build with nothing
    new writes nothing. Values are compared in the types of the contract: a rounded amount is not another
    amount. -#}
{% macro get_incremental_difference_sql(arg_dict) -%}
    {%- set cible, source = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- set cles = arg_dict['unique_key'] if arg_dict['unique_key'] is not string else [arg_dict['unique_key']] -%}
    {%- set colonnes = arg_dict['dest_columns'] -%}
    {%- set comparees = [] -%}
    {%- for colonne in colonnes if colonne.name not in cles + ['created_at'] -%}
        {%- do comparees.append(colonne) -%}
    {%- endfor -%}
    {%- set meme_cle -%}
        {%- for cle in cles -%}
            {{ 'and ' if not loop.first }}cible.{{ cle }} = source.{{ cle }} {% endfor -%}
    {%- endset -%}
    delete from {{ cible }} as cible
    where not exists (select 1 from {{ source }} as source where {{ meme_cle }});

    {% if comparees -%}
    update {{ cible }} as cible
    set
        {%- for colonne in comparees %}
        {{ adapter.quote(colonne.name) }} = source.{{ adapter.quote(colonne.name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source }} as source
    where
        {{ meme_cle }}
        and (
            {%- for colonne in comparees %}
            cible.{{ adapter.quote(colonne.name) }} is distinct from
            cast(source.{{ adapter.quote(colonne.name) }} as {{
                model['columns'].get(colonne.name, {}).get('data_type') or colonne.data_type
            }})
            {{- ' or' if not loop.last }}
            {%- endfor %}
        );
    {%- endif %}

    insert into {{ cible }} ({{ get_quoted_csv(colonnes | map(attribute='name')) }})
    select {{ get_quoted_csv(colonnes | map(attribute='name')) }}
    from {{ source }} as source
    where not exists (select 1 from {{ cible }} as cible where {{ meme_cle }})
{%- endmacro %}
