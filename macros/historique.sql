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

{#- What such a snapshot will close and begin, in the columns of dbt's own macro. Keys and hashes alone are
    compared, and only the rows that begin a version are read whole: joined as dbt does it, three times
    and whole, 99,388 rows of 613 columns take eight seconds to find a thousand changes. -#}
{% macro postgres__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- if config.get('check_cols') != ['_row_hash'] or strategy.hard_deletes != 'invalidate' -%}
        {{ return(dbt.default__snapshot_staging_table(strategy, source_sql, target_relation)) }}
    {%- endif -%}
    {%- set cle = strategy.unique_key -%}
    with changements as (
        select
            image.cle_image,
            courantes.version_close
        from (select {{ cle }} as cle_image, _row_hash from ({{ source_sql }}) as source) as image
        full join (
            select {{ cle }} as cle_courante, _row_hash, dbt_scd_id as version_close
            from {{ target_relation }} where dbt_valid_to is null
        ) as courantes
            on image.cle_image = courantes.cle_courante
        where image._row_hash is distinct from courantes._row_hash
    )

    select
        'insert' as dbt_change_type,
        source.*,
        {{ cle }} as dbt_unique_key,
        {{ strategy.updated_at }} as dbt_updated_at,
        {{ strategy.updated_at }} as dbt_valid_from,
        cast(null as {{ dbt.type_timestamp() }}) as dbt_valid_to,
        {{ strategy.scd_id }} as dbt_scd_id
    from ({{ source_sql }}) as source
    inner join changements on source.{{ cle }} = changements.cle_image
    union all
    select
        'delete' as dbt_change_type,
        source.*,
        source.{{ cle }} as dbt_unique_key,
        {{ strategy.updated_at }} as dbt_updated_at,
        {{ strategy.updated_at }} as dbt_valid_from,
        {{ strategy.updated_at }} as dbt_valid_to,
        changements.version_close as dbt_scd_id
    from changements
    left join ({{ source_sql }}) as source on false
    where changements.version_close is not null
{%- endmacro %}

{#- Pre-hook of a snapshot: an image that has no row while its history has current ones is a failure of
    the source, not the end of everything. It is refused before anything is closed. -#}
{% macro refuser_une_image_vide() -%}
    {%- if execute and load_cached_relation(this) is not none -%}
        {%- set image = source(*model.sources[0]) if model.sources else ref(model.refs[0].name) -%}
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

{#- The current rows of a history under the name that its users query: the key, what the old store had
    beside the columns of the source (`hashdiff`, `ts_source`, `load_ts`), then those columns. A new one
    comes last, so that the view is replaced in place. -#}
{% macro lignes_courantes(historique, cle, moment) -%}
with historique as (
    select * from {{ ref(historique) }}
)

select
    {{ cle }},
    _row_hash as hashdiff,
    {{ moment }} as ts_source,
    {{ moment_utc('_loaded_at') }} as load_ts
    {%- for colonne in colonnes_de_la_source(ref(historique)) if colonne != cle %},
    {{ adapter.quote(colonne) }}
    {%- endfor %}
from historique
where dbt_valid_to is null
{%- endmacro %}

{#- The columns of a history that its source has. -#}
{% macro colonnes_de_la_source(historique) -%}
    {%- set noms = [] -%}
    {%- if execute -%}
        {%- for colonne in adapter.get_columns_in_relation(historique) -%}
            {%- if not colonne.name.startswith('dbt_') -%}
                {%- do noms.append(colonne.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(noms) }}
{%- endmacro %}

{#- A moment as UTC reads it, whatever the reader's own time zone. -#}
{% macro moment_utc(moment) -%}
    {{ return(adapter.dispatch('moment_utc', 'entrepot')(moment)) }}
{%- endmacro %}

{% macro default__moment_utc(moment) -%}
    to_utc_timestamp({{ moment }}, current_timezone())
{%- endmacro %}

{% macro postgres__moment_utc(moment) -%}
    {{ moment }} at time zone 'UTC'
{%- endmacro %}
