with measures as (
    select
        measure,
        value,
        row_number() over (
            partition by measure
            order by measured_on desc
        ) as recency
    from {{ source('etl', 'measures') }}
    where
        measure in ('backup_within_hours', 'backup_is_planned')
        and measured_on <= {{ jour_courant() }}
),

-- `entrepot health` notes what the settings say; 0 hours: backups are not looked at.
wanted as (
    select
        max(case when measure = 'backup_within_hours' then value end) as within_hours,
        max(case when measure = 'backup_is_planned' then value end) as is_planned
    from measures
    where recency = 1
),

made as (
    select
        max(
            case when step = 'backup' and status in ('ok', 'warn') then logged_at end
        ) as last_good_at,
        count(case when step = 'backup' then 1 end) as times_asked,
        min(logged_at) as first_line_at
    from {{ source('etl', 'run_log') }}
    where logged_at <= {{ maintenant() }}
),

ages as (
    select
        made.last_good_at,
        wanted.within_hours,
        floor({{ heures_entre(
            'coalesce(made.last_good_at, made.first_line_at)', maintenant()
        ) }}) as hours_since
    from made
    cross join wanted
    where
        wanted.within_hours > 0
        and (made.times_asked > 0 or wanted.is_planned = 1)
)

select
    last_good_at,
    within_hours,
    hours_since,
    hours_since >= within_hours as is_late
from ages
