-- The rows of one content that are not there once, as ranges of their numbers.
with held as (
    select _row_number as number, count(*) as times
    from {raw} where _file_id = %(file)s group by 1
    union all
    select row_number, count(*)
    from etl.rejects where _file_id = %(file)s group by 1
),

each as (
    select number, sum(times) as times from held group by number
),

odd as (
    select
        coalesce(each.number, wanted.number) as number,
        case
            when wanted.number is null then %(added)s
            when each.times > 1 then %(doubled)s
            else %(lost)s
        end as heading
    from each
    full outer join generate_series(
        cast(%(first)s as bigint), cast(%(last)s as bigint)
    ) as wanted (number) on each.number = wanted.number
    where coalesce(each.times, 0) <> 1 or wanted.number is null
),

-- Of numbers that follow one another, each less its place is the same.
numbered as (
    select
        *,
        number - row_number() over (partition by heading order by number) as range
    from odd
)

select heading, min(number), max(number)
from numbered
group by heading, range
order by 2
