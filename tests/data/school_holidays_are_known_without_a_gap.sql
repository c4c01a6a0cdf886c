-- School holidays are known up to a day and unknown after it, in all three zones.
with jours as (
    select * from {{ ref('dim_date') }}
),

dernier_connu as (
    select max(date_jour) as date_jour from jours
    where vacances_a is not null
)

select
    jours.date_jour,
    jours.vacances_a,
    jours.vacances_b,
    jours.vacances_c
from jours
cross join dernier_connu
where
    (jours.vacances_a is null) != (jours.date_jour > dernier_connu.date_jour)
    or (jours.vacances_b is null) != (jours.vacances_a is null)
    or (jours.vacances_c is null) != (jours.vacances_a is null)
