with run_log as (
    select
        run_id,
        table_name,
        step,
        rows,
        error,
        seconds,
        logged_at,
        source,
        case status
            when 'started' then 'started'
            when 'failed' then 'failed'
            when 'ok' then 'success'
            when 'warn' then 'success'
        end as old_status
    from {{ source('etl', 'run_log') }}
    where table_name is not null
),

old_steps as (
    select * from (
        values
        ('extract', 'extract'),
        ('build', 'transform'),
        ('load', 'load'),
        ('snapshot', 'merge'),
        -- The end of a load is the end of all that is done for a table.
        ('load', 'flow_complete')
    ) as steps (step, old_step)
)

select
    run_log.run_id as runid,
    run_log.table_name as tablename,
    old_steps.old_step as stepname,
    run_log.old_status as status,
    run_log.rows as rowsprocessed,
    run_log.error as errormessage,
    run_log.seconds as durationseconds,
    run_log.logged_at as logts,
    run_log.source
from run_log
inner join old_steps on run_log.step = old_steps.step
where
    run_log.old_status is not null
    and (old_steps.old_step <> 'flow_complete' or run_log.old_status <> 'started')
