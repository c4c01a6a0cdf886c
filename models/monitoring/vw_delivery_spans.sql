with days as (
    select
        date_jour,
        numero_jour,
        annee_semaine,
        semaine,
        ferie,
        {{ debut_du_pas('bimestre', 'date_jour') }} as bimestre
    from {{ ref('stg_reference__jours') }}
    where
        date_jour >= {{ jours_apres(-310, maintenant()) }}
        and date_jour <= {{ jours_apres(70, maintenant()) }}
),

-- What each cadence waits for, and how many days after its end it is still looked for.
-- Keys are texts that sort in time.
spans as (
    select
        'two_months' as cadence,
        {{ code_du_bimestre('bimestre') }} as key_from,
        {{ code_du_bimestre('bimestre') }} as key_to,
        bimestre as first_day,
        max(date_jour) as last_day,
        240 as looked_for_days
    from days
    group by bimestre
    union all
    select
        'week' as cadence,
        {{ en_texte('date_jour') }} as key_from,
        {{ en_texte(jours_apres(6, 'date_jour')) }} as key_to,
        date_jour as first_day,
        {{ jours_apres(6, 'date_jour') }} as last_day,
        60 as looked_for_days
    from days
    where numero_jour = 1
    union all
    select
        cadences.cadence,
        {{ en_texte('days.date_jour') }} as key_from,
        {{ en_texte('days.date_jour') }} as key_to,
        days.date_jour as first_day,
        days.date_jour as last_day,
        14 as looked_for_days
    from days
    inner join (
        values ('working_day', 6), ('weekday', 5)
    ) as cadences (cadence, last_weekday)
        on days.numero_jour <= cadences.last_weekday
    where days.ferie = 0
)

select
    cadence,
    key_from,
    key_to,
    first_day,
    last_day,
    looked_for_days
from spans
where
    last_day < {{ jour_courant() }}
    and {{ jour_courant() }} <= {{ jours_apres('looked_for_days', 'last_day') }}
