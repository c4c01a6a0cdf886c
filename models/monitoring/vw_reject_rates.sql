{%- set debut = dbt.dateadd('day', -1, maintenant()) -%}
with declared_tables as (
    select * from {{ ref('vw_declared_tables') }}
),

database_tables as (
    select * from {{ ref('vw_tables') }}
),

-- The runs of the last day that brought rows, and what they read of files.
runs as (
    select
        source,
        table_name,
        run_id,
        sum(case when step = 'extract' then rows else 0 end) as rows_read
    from {{ source('etl', 'run_log') }}
    where
        step in ('extract', 'load')
        and status in ('ok', 'warn', 'failed')
        and rows > 0
        and logged_at >= {{ debut }}
    group by source, table_name, run_id
),

rejects as (
    select
        rejects.source,
        rejects.table_name,
        rejects.run_id
    from {{ source('etl', 'rejects') }} as rejects
    inner join runs
        on
            rejects.source = runs.source
            and rejects.table_name = runs.table_name
            and rejects.run_id = runs.run_id
    where rejects._file_id is not null
    {% for source, table, rejets in tables_aux_rejets() -%}
        union all
        select
            runs.source,
            runs.table_name,
            runs.run_id
        from {{ ref(rejets) }} as rejets
        inner join runs
            on
                rejets._run_id = runs.run_id
                and runs.source = '{{ source }}'
                and runs.table_name = '{{ table }}'
        -- Answered once: a table that brought nothing is not read.
        where exists (
            select 1 from runs as those
            where those.source = '{{ source }}' and those.table_name = '{{ table }}'
        )
    {% endfor -%}
),

rejects_by_table as (
    select
        source,
        table_name,
        count(*) as rejects,
        max(run_id) as run_id
    from rejects
    group by source, table_name
),

reads_by_table as (
    select
        source,
        table_name,
        sum(rows_read) as rows_read
    from runs
    group by source, table_name
),

counts as (
    select
        declared_tables.source,
        declared_tables.table_name,
        declared_tables.tolerance,
        rejects_by_table.run_id,
        coalesce(rejects_by_table.rejects, 0)
        + coalesce(database_tables.rejects, 0) as rejects,
        coalesce(
            database_tables.image_rows + database_tables.rejects,
            reads_by_table.rows_read,
            0
        ) as rows_in_all
    from declared_tables
    left join rejects_by_table
        on
            declared_tables.source = rejects_by_table.source
            and declared_tables.table_name = rejects_by_table.table_name
    left join reads_by_table
        on
            declared_tables.source = reads_by_table.source
            and declared_tables.table_name = reads_by_table.table_name
    left join database_tables
        on
            declared_tables.source = database_tables.source
            and declared_tables.table_name = database_tables.table_name
)

select
    source,
    table_name,
    run_id,
    rejects,
    cast(rows_in_all as {{ dbt.type_bigint() }}) as rows_in_all,
    tolerance,
    rejects > tolerance * rows_in_all as is_above
from counts
where rejects > 0
