with failures as (
    select * from {{ ref('vw_failures') }}
    where not is_mended
),

open_alerts as (
    select
        kind,
        table_name
    from {{ source('etl', 'alerts') }}
    where over_at is null
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
    not exists (
        select 1 from open_alerts
        where
            open_alerts.kind in (
                'load_failed',
                'source_failed',
                'file_failed',
                'build_failed',
                'test_failed'
            )
            and open_alerts.table_name
            in (failures.subject, failures.source, failures.table_name)
    )
    or exists (
        select 1 from open_alerts
        where
            open_alerts.kind = 'failed'
            and open_alerts.table_name
            in (failures.subject, failures.subject || ' ' || failures.step)
    )
