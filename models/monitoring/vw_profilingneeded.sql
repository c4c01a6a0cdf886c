with tables_to_profile as (
    select * from {{ ref('vw_profiling_needed') }}
)

select
    table_name as tablename,
    last_profiled_at as lastprofilingts,
    source,
    case
        when last_profiled_at is null then 'Jamais profilé'
        else 'Profiling obsolète'
    end as profilingstatus
from tables_to_profile
