with days as (
    select * from {{ ref('stg_reference__jours') }}
),

ends as (
    select
        'school holidays' as calendar,
        max(date_jour) as ends_on
    from days
    where vacances_a is not null
    union all
    select
        'public holidays' as calendar,
        max(date_jour) as ends_on
    from days
    union all
    select
        'seasons' as calendar,
        max(date_fin) as ends_on
    from {{ ref('stg_reference__saisons') }}
    union all
    -- A vintage comes out in the spring of its year; the next one may come late.
    select
        'communes' as calendar,
        cast(
            {{ en_texte('max(dernier_millesime) + 2') }} || '-06-30' as date
        ) as ends_on
    from {{ ref('stg_reference__communes') }}
)

select
    calendar,
    ends_on,
    case
        when coalesce(ends_on < {{ jour_courant() }}, true) then 'ENDED'
        when ends_on < {{ jours_apres(365, maintenant()) }} then 'ENDS SOON'
        else 'OK'
    end as status
from ends
