with measures as (
    select * from {{ source('etl', 'measures') }}
    where
        measure like '%\_bytes'
        and measured_on <= {{ jour_courant() }}
),

latest as (
    select
        measure,
        subject,
        max(measured_on) as measured_on
    from measures
    group by measure, subject
),

-- A week before, or the first day that was noted, if that is later.
days_before as (
    select
        latest.measure,
        latest.subject,
        latest.measured_on,
        coalesce(
            max(
                case
                    when
                        measures.measured_on
                        <= {{ jours_apres(-7, 'latest.measured_on') }}
                        then measures.measured_on
                end
            ),
            min(measures.measured_on)
        ) as before_on
    from latest
    inner join measures
        on
            latest.measure = measures.measure
            and latest.subject = measures.subject
    group by latest.measure, latest.subject, latest.measured_on
)

select
    days_before.measure,
    days_before.subject,
    days_before.measured_on,
    now_there.value as bytes,
    days_before.before_on,
    then_there.value as bytes_before,
    now_there.value - then_there.value as bytes_grown,
    -- More than a fifth, and at least 1 GB: what small things do is nobody's concern.
    now_there.value - then_there.value >= 1000000000
    and (now_there.value - then_there.value) * 5 > then_there.value as is_fast
from days_before
inner join measures as now_there
    on
        days_before.measure = now_there.measure
        and days_before.subject = now_there.subject
        and days_before.measured_on = now_there.measured_on
inner join measures as then_there
    on
        days_before.measure = then_there.measure
        and days_before.subject = then_there.subject
        and days_before.before_on = then_there.measured_on
