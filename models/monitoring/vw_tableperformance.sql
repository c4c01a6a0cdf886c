with performance as (
    select * from {{ ref('vw_table_performance') }}
)

select
    table_name as tablename,
    runs as totalruns,
    successes as successcount,
    failures as failcount,
    mean_seconds as avgduration,
    source
from performance
where step = 'load'
