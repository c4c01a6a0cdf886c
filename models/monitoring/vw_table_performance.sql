with ended_steps as (
    select * from {{ source('etl', 'run_log') }}
    where
        status in ('ok', 'warn', 'failed')
        and table_name is not null
        and logged_at >= {{ dbt.dateadd('day', -7, maintenant()) }}
),

-- A run may note a step of a table several times: per package, per file that failed.
steps_by_run as (
    select
        source,
        table_name,
        step,
        run_id,
        attempt,
        max(case when status = 'failed' then 1 else 0 end) as failures,
        sum(rows) as rows_written,
        sum(seconds) as seconds
    from ended_steps
    group by source, table_name, step, run_id, attempt
)

select
    source,
    table_name,
    step,
    count(*) as runs,
    count(*) - sum(failures) as successes,
    sum(failures) as failures,
    cast(avg(seconds) as numeric(12, 3)) as mean_seconds,
    cast({{ centile('seconds', 0.5) }} as numeric(12, 3)) as median_seconds,
    cast({{ centile('seconds', 0.95) }} as numeric(12, 3)) as p95_seconds,
    cast(coalesce(sum(rows_written), 0) as {{ dbt.type_bigint() }}) as rows_written,
    -- Only of the runs that wrote something: the others would hide how fast it is.
    cast(
        sum(case when rows_written > 0 and seconds > 0 then rows_written end)
        / cast(
            sum(case when rows_written > 0 and seconds > 0 then seconds end) as numeric
        )
        as numeric(14, 1)
    ) as rows_per_second
from steps_by_run
group by source, table_name, step
