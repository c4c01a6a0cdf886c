{#- A snapshot by the hash of the content: where no key came, went or changed its hash, there is nothing
    to do, and one query says so. dbt's own way, which asks for the columns of three relations seven
    times over before it writes nothing, is left to those where something changed. -#}
{% materialization snapshot, adapter='postgres' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none and config.get('check_cols') == ['_row_hash'] -%}
        {%- set cle = config.get('unique_key') -%}
        {% call statement('main', fetch_result=True) -%}
            select 1
            from (select {{ cle }}, _row_hash from ({{ model['compiled_code'] }}) as source) as image
            full join (
                select {{ cle }}, _row_hash from {{ existing }} where dbt_valid_to is null
            ) as courantes
                on image.{{ cle }} = courantes.{{ cle }}
            where image._row_hash is distinct from courantes._row_hash
            limit 1
        {%- endcall %}
        {%- if not load_result('main')['data'] -%}
            {{ return({'relations': [existing]}) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(dbt.materialization_snapshot_default()) }}
{% endmaterialization %}

{#- Pre-hook of a snapshot: an image that has no row while its history has current ones is a failure of
    the source, not the end of everything. It is refused before anything is closed. -#}
{% macro refuser_une_image_vide() -%}
    {%- if execute and load_cached_relation(this) is not none -%}
        {%- set image = source(model.sources[0][0], model.sources[0][1]) -%}
        {%- set vide = run_query(
            "select not exists (select 1 from " ~ image ~ ") and exists (select 1 from " ~ this
            ~ " where dbt_valid_to is null)"
        ).rows[0][0] -%}
        {%- if vide -%}
            {{ exceptions.raise_compiler_error(
                image.identifier ~ " is empty, and its history is not: nothing was closed. If the source "
                ~ "is really empty, close its rows in " ~ this.schema ~ "." ~ this.identifier ~ " by hand."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Post-hook of a snapshot: two current rows of one key are impossible. -#}
{% macro une_seule_version_courante(cle) -%}
    create unique index if not exists {{ this.identifier }}__courante
    on {{ this }} ({{ cle }}) where dbt_valid_to is null
{%- endmacro %}
