with failed_lines as (
    select
        coalesce(source || '.' || table_name, source, 'entrepot') as subject,
        step,
        source,
        table_name,
        run_id,
        error,
        logged_at,
        logged_at >= {{ dbt.dateadd('day', -1, maintenant()) }} as is_of_the_day
    from {{ source('etl', 'run_log') }}
    where
        status = 'failed'
        and logged_at <= {{ maintenant() }}
),

-- The log is long and little of it failed: of the successes those of these steps alone.
failed_steps as (
    select distinct
        subject,
        step
    from failed_lines
),

successes as (
    select
        coalesce(source || '.' || table_name, source, 'entrepot') as subject,
        step,
        logged_at
    from {{ source('etl', 'run_log') }}
    where
        status in ('ok', 'warn')
        and logged_at <= {{ maintenant() }}
),

last_successes as (
    select
        failed_steps.subject,
        failed_steps.step,
        max(successes.logged_at) as last_success_at
    from failed_steps
    inner join successes
        on
            failed_steps.subject = successes.subject
            and failed_steps.step = successes.step
    group by failed_steps.subject, failed_steps.step
),

-- What no success has mended stays, however old; but for what was read of a delivery,
-- which the next one may not read again: a refused file is told by the ledger.
failures as (
    select
        failed_lines.subject,
        failed_lines.step,
        failed_lines.source,
        failed_lines.table_name,
        failed_lines.run_id,
        failed_lines.error,
        failed_lines.logged_at,
        failed_lines.is_of_the_day,
        last_successes.last_success_at,
        first_value(failed_lines.run_id) over (
            partition by failed_lines.subject, failed_lines.step
            order by failed_lines.logged_at desc, failed_lines.run_id desc
        ) as last_run_id
    from failed_lines
    left join last_successes
        on
            failed_lines.subject = last_successes.subject
            and failed_lines.step = last_successes.step
    where
        failed_lines.is_of_the_day
        or (
            failed_lines.step <> 'extract'
            and (
                last_successes.last_success_at is null
                or failed_lines.logged_at > last_successes.last_success_at
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
