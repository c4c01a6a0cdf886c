with failures as (
    select * from {{ ref('vw_failures') }}
    where not is_mended
),

alerts as (
    select
        kind,
        table_name,
        over_at,
        acknowledged_at
    from {{ source('etl', 'alerts') }}
    where
        kind in (
            'failed',
            'load_failed',
            'source_failed',
            'file_failed',
            'build_failed',
            'test_failed'
        )
),

refused_files as (
    select
        source,
        table_name
    from {{ source('etl', 'file_ledger') }}
    where status = 'failed'
)

select
    -- What fails in another step than its load is another thing.
    failures.subject || case
        when failures.step in ('load', 'build', 'snapshot', 'test') then ''
        else ' ' || failures.step
    end as subject,
    failures.step,
    failures.failed_runs,
    failures.run_id,
    failures.first_error
from failures
where
    (
        not exists (
            select 1 from alerts
            where
                alerts.over_at is null
                and alerts.kind <> 'failed'
                and alerts.table_name
                in (failures.subject, failures.source, failures.table_name)
        )
        or exists (
            select 1 from alerts
            where
                alerts.over_at is null
                and alerts.kind = 'failed'
                and alerts.table_name
                in (failures.subject, failures.subject || ' ' || failures.step)
        )
    )
    and not exists (
        select 1 from alerts
        where
            alerts.acknowledged_at >= failures.last_failed_at
            and alerts.table_name in (
                failures.subject,
                failures.subject || ' ' || failures.step,
                failures.source,
                failures.table_name
            )
    )
    -- Told as a file.
    and not (
        failures.step = 'extract'
        and exists (
            select 1 from refused_files
            where
                refused_files.source = failures.source
                and refused_files.table_name = failures.table_name
        )
    )
