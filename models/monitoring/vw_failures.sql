with ended as (
    select
        *,
        coalesce(source || '.' || table_name, source, 'entrepot') as subject,
        logged_at >= {{ dbt.dateadd('day', -1, maintenant()) }} as is_of_the_day
    from {{ source('etl', 'run_log') }}
    where
        status in ('ok', 'warn', 'failed')
        and logged_at <= {{ maintenant() }}
),

last_successes as (
    select
        subject,
        step,
        max(logged_at) as last_success_at
    from ended
    where status in ('ok', 'warn')
    group by subject, step
),

-- What no success has mended stays, however old; but for what was read of a delivery,
-- which the next one may not read again: a refused file is told by the ledger.
failures as (
    select
        ended.subject,
        ended.step,
        ended.source,
        ended.table_name,
        ended.run_id,
        ended.error,
        ended.logged_at,
        ended.is_of_the_day,
        last_successes.last_success_at,
        first_value(ended.run_id) over (
            partition by ended.subject, ended.step
            order by ended.logged_at desc, ended.run_id desc
        ) as last_run_id
    from ended
    left join last_successes
        on
            ended.subject = last_successes.subject
            and ended.step = last_successes.step
    where
        ended.status = 'failed'
        and (
            ended.is_of_the_day
            or (
                ended.step <> 'extract'
                and (
                    last_successes.last_success_at is null
                    or ended.logged_at > last_successes.last_success_at
                )
            )
        )
),

first_errors as (
    select
        subject,
        step,
        error,
        row_number() over (
            partition by subject, step
            order by logged_at, error
        ) as place
    from failures
    where run_id = last_run_id
),

failures_by_step as (
    select
        subject,
        step,
        source,
        table_name,
        max(last_run_id) as run_id,
        count(distinct run_id) as failed_runs,
        count(
            distinct case when is_of_the_day then run_id end
        ) as failed_runs_of_the_day,
        max(logged_at) as last_failed_at,
        max(last_success_at) as last_success_at
    from failures
    group by subject, step, source, table_name
)

select
    failures_by_step.subject,
    failures_by_step.step,
    failures_by_step.source,
    failures_by_step.table_name,
    failures_by_step.failed_runs,
    failures_by_step.failed_runs_of_the_day,
    failures_by_step.run_id,
    first_errors.error as first_error,
    failures_by_step.last_failed_at,
    failures_by_step.last_success_at,
    coalesce(
        failures_by_step.last_success_at > failures_by_step.last_failed_at, false
    ) as is_mended
from failures_by_step
inner join first_errors
    on
        failures_by_step.subject = first_errors.subject
        and failures_by_step.step = first_errors.step
        and first_errors.place = 1
