with expected_files as (
    select * from {{ ref('vw_expected_files') }}
),

late_files as (
    select
        source,
        case
            when cadence in ('working_day', 'weekday') then coalesce(place, 'logs')
            else expected_for
        end as part,
        cadence in ('working_day', 'weekday') as is_daily,
        count(*) as files_expected,
        count(case when status = 'LATE' then 1 end) as files_late,
        count(distinct case when status = 'LATE' then table_name end) as tables_late,
        min(case when status = 'LATE' then first_day end) as first_late,
        min(case when status = 'LATE' then due_on end) as first_due,
        min(case when status = 'LATE' then place end) as a_place,
        count(distinct case when status = 'LATE' then place end) as places_late
    from expected_files
    group by 1, 2, 3
    having count(case when status = 'LATE' then 1 end) > 0
),

growth as (
    select * from {{ ref('vw_growth') }}
),

measures as (
    select
        measure,
        subject,
        value,
        row_number() over (
            partition by measure, subject
            order by measured_on desc
        ) as recency
    from {{ source('etl', 'measures') }}
    where measured_on <= {{ jour_courant() }}
),

backups as (
    select * from {{ ref('vw_backups') }}
),

calendars as (
    select * from {{ ref('vw_calendars') }}
    where status <> 'OK'
),

findings as (
    select
        'missing_files' as kind,
        'warning' as severity,
        source || ' ' || part as subject,
        {{ en_texte('files_late') }} || ' of ' || {{ en_texte('files_expected') }}
        || ' expected files did not come, the first for '
        || {{ en_texte('first_late') }}
        || ' (due ' || {{ en_texte('first_due') }} || ')'
        || case
            when is_daily or a_place is null then ''
            when places_late = 1 then ', all of ' || a_place
            else ', of ' || {{ en_texte('places_late') }} || ' places'
        end
        || case
            when tables_late > 1 then ', ' || {{ en_texte('tables_late') }} || ' tables'
            else ''
        end as message,
        'etl.vw_expected_files names each; ask whoever delivers (refused: etl.vw_files)'
            as todo
    from late_files
    union all
    select
        'growth' as kind,
        'warning' as severity,
        case measure when 'database_bytes' then 'database' else subject end as subject,
        'grew by ' || {{ en_octets('bytes_grown') }}
        || ' to ' || {{ en_octets('bytes') }}
        || ' since ' || {{ en_texte('before_on') }} as message,
        'see with `entrepot monitor` what is large; purge (docs/privacy.md) or add disk'
            as todo
    from growth
    where is_fast and measure <> 'disk_free_bytes'
    union all
    select
        'disk' as kind,
        case when value < 1000000000 then 'critical' else 'warning' end as severity,
        subject,
        {{ en_octets('value') }} || ' free' as message,
        'free some: a load needs room for what it reads, a build for a copy of a table'
            as todo
    from measures
    where measure = 'disk_free_bytes' and recency = 1 and value < 5000000000
    union all
    select
        'folder' as kind,
        'warning' as severity,
        subject,
        case measure
            when 'folder_bytes' then {{ en_octets('value') }} || ' of logs'
            else 'a file is ' || {{ en_texte('value') }} || ' days old'
        end as message,
        case measure
            when 'folder_bytes'
                then '`entrepot purge --older-than 7d` removes those of old runs'
            else 'a run that died left it: the next run of `run_all.py` removes it'
        end as todo
    from measures
    where
        recency = 1
        and (
            (measure = 'folder_bytes' and subject = 'logs' and value > 1000000000)
            or (measure = 'folder_oldest_days' and subject = 'working' and value >= 2)
        )
    union all
    select
        'backup' as kind,
        'warning' as severity,
        'backup' as subject,
        case
            when last_good_at is null then 'none was ever made'
            else
                'the last good one is '
                || {{ en_texte('cast(hours_since as integer)') }} || ' h old'
        end || ', limit ' || {{ en_texte('within_hours') }} || ' h' as message,
        'run `entrepot backup`; see that the scheduler does (docs/backup.md)' as todo
    from backups
    where is_late
    union all
    select
        'calendar' as kind,
        case status when 'ENDED' then 'critical' else 'warning' end as severity,
        calendar as subject,
        coalesce('known until ' || {{ en_texte('ends_on') }}, 'it is empty') as message,
        case calendar
            when 'communes' then 'update Entrepôt: it brings the new vintage each year'
            else 'update Entrepôt and its packages (`make lock`), then land `reference`'
        end as todo
    from calendars
)

select
    kind,
    severity,
    subject,
    message,
    todo,
    cast(null as {{ dbt.type_string() }}) as run_id,
    cast(null as {{ dbt.type_string() }}) as error
from findings
