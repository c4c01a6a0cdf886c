with steps_by_recency as (
    select
        runid,
        tablename,
        stepname,
        status,
        rowsprocessed,
        errormessage,
        durationseconds,
        logts,
        source,
        row_number() over (
            partition by source, tablename, stepname
            order by logts desc, runid desc
        ) as recency
    from {{ ref('etl_log') }}
    where status <> 'started'
)

select
    runid,
    tablename,
    stepname,
    status,
    rowsprocessed,
    errormessage,
    durationseconds,
    logts,
    source
from steps_by_recency
where recency = 1
