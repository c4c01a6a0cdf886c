-- What staging reads of SIGETI, the source has or once had: the old warehouse selected
-- columns that it never had. (Declared ones exist in the raw table in any case.)
{{ config(enabled='sigeti' in var('sources')) }}

with colonnes_vues as (
    select
        table_name,
        column_name
    from {{ source('etl', 'columns') }}
    where source = 'sigeti'
),

colonnes_lues as (
    {% for table in graph.sources.values() | default([])
        if execute and table.source_name == 'sigeti' -%}
        {%- for colonne in table.columns if not colonne.startswith('_') -%}
            select
                '{{ table.name }}' as table_name,
                '{{ colonne }}' as column_name
            union all
        {% endfor %}
    {%- endfor %}
    select
        null as table_name,
        null as column_name
)

select
    colonnes_lues.table_name,
    colonnes_lues.column_name
from colonnes_lues
left join colonnes_vues
    on
        colonnes_lues.table_name = colonnes_vues.table_name
        and colonnes_lues.column_name = colonnes_vues.column_name
where
    colonnes_vues.column_name is null
    -- A table that was never landed says nothing yet.
    and colonnes_lues.table_name in (select vues.table_name from colonnes_vues as vues)
