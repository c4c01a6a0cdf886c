with run_log as (
    select * from {{ source('etl', 'run_log') }}
    where status <> 'started'
),

steps_by_recency as (
    select
        source,
        table_name,
        step,
        run_id,
        attempt,
        status,
        rows,
        bytes,
        seconds,
        error,
        logged_at,
        max(case when status in ('ok', 'warn') then logged_at end) over (
            partition by source, table_name, step
        ) as last_success_at,
        max(case when status in ('ok', 'warn') and rows > 0 then logged_at end) over (
            partition by source, table_name, step
        ) as last_change_at,
        row_number() over (
            partition by source, table_name, step
            order by logged_at desc, attempt desc
        ) as recency
    from run_log
)

select
    source,
    table_name,
    step,
    status,
    run_id,
    attempt,
    logged_at,
    rows,
    bytes,
    seconds,
    error,
    last_success_at,
    last_change_at
from steps_by_recency
where recency = 1
