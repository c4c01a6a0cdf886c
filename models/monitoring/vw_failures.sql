with ended as (
    select
        *,
        coalesce(source || '.' || table_name, source, 'entrepot') as subject
    from {{ source('etl', 'run_log') }}
    where
        status in ('ok', 'warn', 'failed')
        and logged_at >= {{ dbt.dateadd('day', -1, maintenant()) }}
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

failures as (
    select
        subject,
        step,
        source,
        table_name,
        run_id,
        error,
        logged_at,
        first_value(run_id) over (
            partition by subject, step
            order by logged_at desc, run_id desc
        ) as last_run_id
    from ended
    where status = 'failed'
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
        max(logged_at) as last_failed_at
    from failures
    group by subject, step, source, table_name
)

select
    failures_by_step.subject,
    failures_by_step.step,
    failures_by_step.source,
    failures_by_step.table_name,
    failures_by_step.failed_runs,
    failures_by_step.run_id,
    first_errors.error as first_error,
    failures_by_step.last_failed_at,
    last_successes.last_success_at,
    coalesce(
        last_successes.last_success_at > failures_by_step.last_failed_at, false
    ) as is_mended
from failures_by_step
inner join first_errors
    on
        failures_by_step.subject = first_errors.subject
        and failures_by_step.step = first_errors.step
        and first_errors.place = 1
left join last_successes
    on
        failures_by_step.subject = last_successes.subject
        and failures_by_step.step = last_successes.step
