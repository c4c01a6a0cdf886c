with breaches as (
    select * from {{ ref('vw_sla_breach') }}
    where sla_status <> 'OK'
),

failures as (
    select * from {{ ref('vw_failures') }}
),

failures_to_tell as (
    select * from {{ ref('vw_failures_untold') }}
),

reject_rates as (
    select * from {{ ref('vw_reject_rates') }}
    where is_above
),

refused_files as (
    select
        files.source || '.' || files.table_name as subject,
        count(*) as files,
        min(files.path) as a_path,
        min(files.reason) as a_reason
    from {{ source('etl', 'file_ledger') }} as files
    inner join {{ ref('vw_declared_tables') }} as declared
        on files.source = declared.source and files.table_name = declared.table_name
    where files.status = 'failed'
    group by files.source, files.table_name
),

unusual_loads as (
    select
        *,
        row_number() over (
            partition by source, table_name
            order by loaded_at desc
        ) as recency
    from {{ ref('vw_unusual_loads') }}
)

select
    'sla' as kind,
    case sla_status when 'CRITICAL' then 'critical' else 'warning' end as severity,
    source || '.' || table_name as subject,
    'last good load ' || {{ en_texte('cast(hours_since_success as integer)') }}
    || ' h ago, limit '
    || case sla_status
        when 'CRITICAL' then {{ en_texte('cast(error_after_hours as integer)') }}
        else {{ en_texte('cast(warn_after_hours as integer)') }}
    end
    || ' h' as message,
    'see why in `entrepot monitor`, then land it: python ingest/run_all.py --select '
    || source || '.' || table_name as todo,
    cast(null as {{ dbt.type_string() }}) as run_id,
    cast(null as {{ dbt.type_string() }}) as error
from breaches
where last_success_at is not null
union all
-- A source that nobody connected is one thing to mend, however many tables it has.
select
    'sla' as kind,
    case min(sla_status) when 'CRITICAL' then 'critical' else 'warning' end as severity,
    source as subject,
    case
        when count(*) = 1 then min(table_name) || ' never loaded'
        else
            {{ en_texte('count(*)') }} || ' tables never loaded, '
            || min(table_name) || ' first'
    end as message,
    'name it in .env and land it, or take it out of `vars: sources` in dbt_project.yml'
        as todo,
    cast(null as {{ dbt.type_string() }}) as run_id,
    cast(null as {{ dbt.type_string() }}) as error
from breaches
where last_success_at is null
group by source
union all
select
    'failed' as kind,
    case
        when step in ('extract', 'test') then 'warning' else 'critical'
    end as severity,
    subject,
    step || ' failed' || case
        when failed_runs > 1
            then ' in ' || {{ en_texte('failed_runs') }} || ' runs'
        else ''
    end as message,
    'mend what the error says, then run it again (all it said: logs/'
    || run_id || '.jsonl)' as todo,
    run_id,
    first_error as error
from failures_to_tell
union all
select
    -- As a run tells it: the same alert, whoever looks.
    'file_failed' as kind,
    'warning' as severity,
    subject,
    subject || ': ' || a_path || ' was refused' || case
        when files > 1 then ' and ' || {{ en_texte('files - 1') }} || ' more' else ''
    end || '; the other files landed' as message,
    'ask the sender for a whole file; the next run takes it' as todo,
    cast(null as {{ dbt.type_string() }}) as run_id,
    a_reason as error
from refused_files
union all
select
    'failures' as kind,
    'critical' as severity,
    'last 24 h' as subject,
    {{ en_texte('sum(failed_runs_of_the_day)') }} || ' failures, '
    || {{ en_texte('count(case when not is_mended then 1 end)') }}
    || ' of them not mended' as message,
    'look for what they share: a source, the network, the disk, a change' as todo,
    max(run_id) as run_id,
    max(first_error) as error
from failures
where failed_runs_of_the_day > 0
having sum(failed_runs_of_the_day) > 5
union all
select
    'rejects' as kind,
    'warning' as severity,
    source || '.' || table_name as subject,
    {{ en_texte('rejects') }} || ' of ' || {{ en_texte('rows_in_all') }}
    || ' rows rejected, more than '
    || {{ en_texte('cast(tolerance * 100 as numeric(10, 2))') }} || ' %' as message,
    'select reason, count(*) from etl.vw_rejects where table_name = ''' || table_name
    || ''' group by 1; then ask the source, or declare a `tolerance`' as todo,
    run_id,
    cast(null as {{ dbt.type_string() }}) as error
from reject_rates
union all
select
    'volume' as kind,
    'warning' as severity,
    source || '.' || table_name as subject,
    {{ en_texte('rows_written') }}
    || ' rows; its last ' || {{ en_texte('loads_before') }}
    || ' loads had ' || {{ en_texte('median_rows') }} || ' as a rule, '
    || {{ en_texte('fewest_usual') }} || ' to ' || {{ en_texte('most_usual') }}
    || ' would be usual' as message,
    'ask the source whether that is right; nothing was held back' as todo,
    run_id,
    cast(null as {{ dbt.type_string() }}) as error
from unusual_loads
where recency = 1
