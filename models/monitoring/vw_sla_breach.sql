with declared_tables as (
    select * from {{ ref('vw_declared_tables') }}
),

last_good_loads as (
    select
        source,
        table_name,
        max(logged_at) as last_success_at
    from {{ source('etl', 'run_log') }}
    where step = 'load' and status in ('ok', 'warn')
    group by source, table_name
),

tables_by_age as (
    select
        declared_tables.source,
        declared_tables.table_name,
        declared_tables.warn_after_hours,
        declared_tables.error_after_hours,
        last_good_loads.last_success_at,
        {{ heures_entre('last_good_loads.last_success_at', maintenant()) }} as age_hours
    from declared_tables
    left join last_good_loads
        on
            declared_tables.source = last_good_loads.source
            and declared_tables.table_name = last_good_loads.table_name
)

select
    source,
    table_name,
    case
        -- A table that never loaded is beyond any limit that it declares.
        when coalesce(age_hours > error_after_hours, error_after_hours is not null)
            then 'CRITICAL'
        when coalesce(age_hours > warn_after_hours, warn_after_hours is not null)
            then 'WARNING'
        else 'OK'
    end as sla_status,
    cast(age_hours as numeric(12, 2)) as hours_since_success,
    last_success_at,
    warn_after_hours,
    error_after_hours
from tables_by_age
