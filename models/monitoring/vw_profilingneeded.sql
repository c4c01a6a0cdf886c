with tables_to_profile as (
    select * from {{ ref('vw_profiling_needed') }}
)

select
    table_name as tablename,
    last_profiled_at as lastprofilingts,
    source
from tables_to_profile
