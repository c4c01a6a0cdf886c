with declared_tables as (
    select * from {{ ref('vw_declared_tables') }}
),

-- Each status apart: the last load of a table is then one look at an index, however
-- long the log has grown.
ok_loads as (
    select
        source,
        table_name,
        logged_at
    from {{ source('etl', 'run_log') }}
    where step = 'load' and status = 'ok'
),

warned_loads as (
    select
        source,
        table_name,
        logged_at
    from {{ source('etl', 'run_log') }}
    where step = 'load' and status = 'warn'
),

last_good_loads as (
    select
        declared_tables.source,
        declared_tables.table_name,
        declared_tables.warn_after_hours,
        declared_tables.error_after_hours,
        greatest(
            (
                select max(ok_loads.logged_at)
                from ok_loads
                where
                    ok_loads.source = declared_tables.source
                    and ok_loads.table_name = declared_tables.table_name
            ),
            (
                select max(warned_loads.logged_at)
                from warned_loads
                where
                    warned_loads.source = declared_tables.source
                    and warned_loads.table_name = declared_tables.table_name
            )
        ) as last_success_at
    from declared_tables
),

tables_by_age as (
    select
        *,
        {{ heures_entre('last_success_at', maintenant()) }} as age_hours
    from last_good_loads
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
