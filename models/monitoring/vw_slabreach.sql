with tables_by_age as (
    select * from {{ ref('vw_sla_breach') }}
)

select
    table_name as tablename,
    hours_since_success as hourssincesuccess,
    sla_status as slastatus,
    source
from tables_by_age
