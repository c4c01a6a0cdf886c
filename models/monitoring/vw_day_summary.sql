with lines as (
    select * from {{ source('etl', 'run_log') }}
    where
        logged_at >= {{ dbt.dateadd('day', -1, maintenant()) }}
        and logged_at <= {{ maintenant() }}
        and status <> 'started'
),

files as (
    select * from {{ source('etl', 'file_ledger') }}
    where last_seen_at >= {{ dbt.dateadd('day', -1, maintenant()) }}
),

runs as (
    select
        count(distinct run_id) as runs,
        count(distinct case when status = 'failed' then run_id end) as failed_runs,
        coalesce(
            sum(case when step = 'load' and status in ('ok', 'warn') then rows end), 0
        ) as rows_landed,
        count(
            distinct case
                when step = 'load' and rows > 0 then source || '.' || table_name
            end
        ) as tables_changed,
        count(
            case
                when step in ('build', 'snapshot') and status in ('ok', 'warn') then 1
            end
        ) as models_built,
        count(case when step = 'test' and status = 'failed' then 1 end) as tests_failed
    from lines
),

files_of_the_day as (
    select
        count(
            case
                when landed_at >= {{ dbt.dateadd('day', -1, maintenant()) }} then 1
            end
        ) as files_landed,
        count(case when status = 'failed' then 1 end) as files_failed,
        count(case when status = 'pending' then 1 end) as files_pending
    from files
),

alerts as (
    select
        count(*) as open_alerts,
        count(case when severity = 'critical' then 1 end) as critical_alerts
    from {{ source('etl', 'alerts') }}
    where over_at is null
)

select
    runs.runs,
    runs.failed_runs,
    cast(runs.rows_landed as {{ dbt.type_bigint() }}) as rows_landed,
    runs.tables_changed,
    runs.models_built,
    runs.tests_failed,
    files_of_the_day.files_landed,
    files_of_the_day.files_failed,
    files_of_the_day.files_pending,
    alerts.open_alerts,
    alerts.critical_alerts
from runs
cross join files_of_the_day
cross join alerts
