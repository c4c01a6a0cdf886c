with loads as (
    select
        source,
        table_name,
        run_id,
        sum(coalesce(rows, 0)) as rows_written,
        max(logged_at) as loaded_at
    from {{ source('etl', 'run_log') }}
    where
        step = 'load'
        and status in ('ok', 'warn')
        and table_name is not null
        and logged_at >= {{ dbt.dateadd('day', -400, maintenant()) }}
        and logged_at <= {{ maintenant() }}
    group by source, table_name, run_id
),

loads_in_order as (
    select
        source,
        table_name,
        run_id,
        rows_written,
        loaded_at,
        row_number() over (
            partition by source, table_name
            order by loaded_at, run_id
        ) as place
    from loads
),

-- The 30 loads before each load of the last day. One that brought rows is compared with
-- those that did: most loads of a quiet table bring none.
loads_and_those_before as (
    select
        today.source,
        today.table_name,
        today.run_id,
        today.rows_written,
        today.loaded_at,
        count(*) as loads_before,
        {{ centile('earlier.rows_written', 0.1) }} as low,
        {{ centile('earlier.rows_written', 0.5) }} as median,
        {{ centile('earlier.rows_written', 0.9) }} as high
    from loads_in_order as today
    inner join loads_in_order as earlier
        on
            today.source = earlier.source
            and today.table_name = earlier.table_name
            and earlier.place between today.place - 30 and today.place - 1
            and (today.rows_written = 0 or earlier.rows_written > 0)
    where today.loaded_at >= {{ dbt.dateadd('day', -1, maintenant()) }}
    group by
        today.source,
        today.table_name,
        today.run_id,
        today.rows_written,
        today.loaded_at
)

select
    source,
    table_name,
    run_id,
    loaded_at,
    cast(rows_written as {{ dbt.type_bigint() }}) as rows_written,
    cast(median as {{ dbt.type_bigint() }}) as median_rows,
    cast(low / 2 as {{ dbt.type_bigint() }}) as fewest_usual,
    cast(high * 2 as {{ dbt.type_bigint() }}) as most_usual,
    loads_before
from loads_and_those_before
where
    loads_before >= 8
    and (rows_written < low / 2 or rows_written > high * 2)
    and abs(rows_written - median) >= 100
