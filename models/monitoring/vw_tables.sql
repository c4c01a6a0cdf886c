with source_tables as (
    select * from {{ source('etl', 'source_tables') }}
),

rejects as (
    select
        source,
        table_name,
        count(*) as rejects
    from {{ source('etl', 'rejects') }}
    where _file_id is null
    group by source, table_name
)

select
    source_tables.source,
    source_tables.table_name,
    source_tables.image_rows,
    source_tables.rows_without_cursor,
    coalesce(rejects.rejects, 0) as rejects,
    source_tables.mark,
    source_tables.last_full_at,
    source_tables.last_load_at,
    source_tables.run_id
from source_tables
left join rejects
    on
        source_tables.source = rejects.source
        and source_tables.table_name = rejects.table_name
