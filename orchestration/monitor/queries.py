"""What the monitor asks: statistics and the newest lines, so that no answer grows with history."""

from __future__ import annotations

# Lines of the run log that tell of the last runs: those of weeks, and read in some 20 ms.
NEWEST_LINES = 50_000
# Reasons that are looked at, and rejects of one reason that are counted.
REASONS, COUNTED = 1_000, 10_000

# Rows are the server's estimate; size is what the object takes on disk with its indexes. Each
# look at the run log is one step down an index.
OBJECTS = """
with objects as (
    select
        namespace.nspname::text as schema_name,
        -- A name has a collation of its own, with which no index on a text is of use.
        class.relname::text collate "default" as object_name,
        greatest(class.reltuples, coalesce(activity.n_live_tup, 0), 0)::bigint as rows,
        pg_total_relation_size(class.oid) as bytes,
        case
            when namespace.nspname like 'raw\\_%'
                then substr(namespace.nspname, 5) collate "default"
            else 'dbt'
        end as source
    from pg_class as class
    inner join pg_namespace as namespace on namespace.oid = class.relnamespace
    left join pg_stat_user_tables as activity on activity.relid = class.oid
    where
        class.relkind in ('r', 'p', 'm')
        and class.relname not like '\\_dlt\\_%'
        and (
            namespace.nspname like 'raw\\_%' or namespace.nspname like 'dwh\\_%'
            or namespace.nspname in ('ods', 'etl')
        )
        and (namespace.nspname not like '%\\_staging' or namespace.nspname = 'dwh_staging')
)

select
    objects.schema_name,
    objects.object_name,
    objects.rows,
    objects.bytes,
    (
        select max(last_of.logged_at)
        from unnest(array['load', 'build', 'snapshot']) as steps (step)
        cross join unnest(array['ok', 'warn']) as statuses (status)
        cross join lateral (
            select max(run_log.logged_at) as logged_at
            from etl.run_log
            where
                run_log.source = objects.source
                and run_log.table_name = objects.object_name
                and run_log.step = steps.step
                and run_log.status = statuses.status
        ) as last_of
    ) as last_ok,
    (
        select max(run_log.logged_at)
        from etl.run_log
        where
            run_log.source = objects.source
            and run_log.table_name = objects.object_name
            and rows > 0 and status in ('ok', 'warn') and step in ('load', 'build', 'snapshot')
    ) as last_change
from objects
order by
    case
        when objects.schema_name like 'raw\\_%' then 1
        when objects.schema_name = 'ods' then 2
        when objects.schema_name = 'dwh_reference' then 3
        when objects.schema_name = 'dwh_dimensions' then 5
        when objects.schema_name = 'dwh_facts' then 6
        when objects.schema_name = 'dwh_marts' then 7
        else 8
    end,
    objects.schema_name,
    objects.object_name
"""

# The view is made by the first build.
HAS_FRESHNESS = "select to_regclass('etl.vw_sla_breach') is not null as has_freshness"
FRESHNESS = """
select
    source, table_name, sla_status, last_success_at, warn_after_hours, error_after_hours
from etl.vw_sla_breach
order by sla_status, source, table_name
"""

RUNS = f"""
with newest as (
    select run_id, logged_at from etl.run_log order by logged_at desc limit {NEWEST_LINES}
),

last_runs as (
    select run_id from newest group by run_id order by min(logged_at) desc limit 5
)

select
    run_id,
    min(logged_at) as began_at,
    string_agg(distinct step, ', ' order by step) as steps,
    count(*) filter (where status in ('ok', 'warn')) as ok,
    count(*) filter (where status = 'failed') as failed,
    extract(epoch from max(logged_at) - min(logged_at))::float8 as seconds
from etl.run_log
inner join last_runs using (run_id)
group by run_id
order by began_at desc
"""

# The last build of each model; its usual time is the median of up to 30 builds before.
SLOW_MODELS = f"""
with newest as (
    select source, table_name, step, status, seconds, logged_at
    from etl.run_log
    order by logged_at desc
    limit {NEWEST_LINES}
),

last_builds as (
    select distinct on (table_name) table_name, step, seconds, logged_at
    from newest
    where source = 'dbt' and step in ('build', 'snapshot') and status = 'ok'
    order by table_name asc, logged_at desc
),

slowest as (
    select * from last_builds order by seconds desc nulls last limit 10
)

select
    slowest.table_name as model,
    slowest.seconds,
    usual.seconds as usual_seconds,
    slowest.logged_at as built_at
from slowest
left join lateral (
    select percentile_cont(0.5) within group (order by earlier.seconds) as seconds
    from (
        select run_log.seconds
        from etl.run_log
        where
            run_log.source = 'dbt'
            and run_log.table_name = slowest.table_name
            and run_log.step = slowest.step
            and run_log.status = 'ok'
            and run_log.logged_at < slowest.logged_at
        order by run_log.logged_at desc
        limit 30
    ) as earlier
) as usual on true
order by slowest.seconds desc
"""

# From reason to reason down the index, never over their rows; those last met come first.
REJECTS = f"""
with recursive reasons as (
    (
        select source, table_name, reason
        from etl.rejects
        order by source, table_name, reason
        limit 1
    )
    union all
    select next.source, next.table_name, next.reason
    from reasons
    cross join lateral (
        select rejects.source, rejects.table_name, rejects.reason
        from etl.rejects
        where
            (rejects.source, rejects.table_name, rejects.reason)
            > (reasons.source, reasons.table_name, reasons.reason)
        order by rejects.source, rejects.table_name, rejects.reason
        limit 1
    ) as next
),

dated as (
    select
        reasons.source,
        reasons.table_name,
        reasons.reason,
        (
            select max(rejects.rejected_at)
            from etl.rejects
            where
                rejects.source = reasons.source
                and rejects.table_name = reasons.table_name
                and rejects.reason = reasons.reason
        ) as last_at
    from (select * from reasons limit {REASONS}) as reasons
),

last_met as (
    select * from dated order by last_at desc limit 10
)

select
    last_met.source || '.' || last_met.table_name as table_name,
    last_met.reason,
    (
        select count(*)
        from (
            select 1
            from etl.rejects
            where
                rejects.source = last_met.source
                and rejects.table_name = last_met.table_name
                and rejects.reason = last_met.reason
            {{limit}}
        ) as counted
    ) as rows,
    last_met.last_at
from last_met
order by last_met.last_at desc, table_name, last_met.reason
"""
# One more than is told, so that "more" can be said.
COUNT_SOME = f"limit {COUNTED + 1}"

FILES = """
select
    status,
    count(*) as files,
    sum(rows_landed)::bigint as landed,
    sum(rows_rejected)::bigint as rejected
from etl.file_ledger
group by status
order by status
"""

UNDATED = """
select source || '.' || table_name as table_name, image_rows, rows_without_cursor, last_full_at
from etl.source_tables
where rows_without_cursor > 0
order by 1
"""
