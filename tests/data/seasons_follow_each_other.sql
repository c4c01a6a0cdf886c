-- Each season starts the day after the one before it ends.
with saisons as (
    select
        code_saison,
        date_debut,
        lag(date_fin) over (order by date_debut) as fin_precedente
    from {{ ref('dim_saison') }}
    where code_saison != 'INCONNU'
)

select * from saisons
where date_debut != {{ dbt.dateadd('day', 1, 'fin_precedente') }}
