with declared_tables as (
    select * from {{ ref('vw_declared_tables') }}
),

last_profiles as (
    select
        source,
        table_name,
        max(logged_at) as last_profiled_at
    from {{ source('etl', 'run_log') }}
    where step = 'profile' and status in ('ok', 'warn')
    group by source, table_name
)

select
    declared_tables.source,
    declared_tables.table_name,
    last_profiles.last_profiled_at
from declared_tables
left join last_profiles
    on
        declared_tables.source = last_profiles.source
        and declared_tables.table_name = last_profiles.table_name
where
    last_profiles.last_profiled_at is null
    or last_profiles.last_profiled_at < {{ dbt.dateadd('day', -14, maintenant()) }}
