{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_cellules(suivantes=1) }}",
    post_hook="{{ appliquer(['int_tourisme__cellules']) }}",
) }}

with cellules as (
    {{ cellules_changees(suivantes=1) }}
),

cumuls_periode as (
    select * from {{ ref('int_tourisme__cumuls_periode') }}
    where
        famille = 'lieu_activite_soir'
        and code_membre <> 'INCONNU'
),

-- Each cell with its own volumes and those of the year before, whatever the rank then.
volumes as (
    select
        cellules.code_zone,
        cellules.annee,
        cellules.code_periode,
        cumuls.code_membre as code_commune,
        sum(case when cumuls.annee = cellules.annee then cumuls.volume end) as volume,
        sum(case when cumuls.annee < cellules.annee then cumuls.volume end)
            as volume_n1,
        max(cumuls._run_id) as _run_id
    from cellules
    inner join cumuls_periode as cumuls
        on
            cellules.code_zone = cumuls.code_zone
            and cellules.code_periode = cumuls.code_periode
            and cumuls.annee in (cellules.annee, cellules.annee - 1)
    group by
        cellules.code_zone, cellules.annee, cellules.code_periode, cumuls.code_membre
),

communes_classees as (
    select
        code_zone,
        annee,
        code_periode,
        code_commune,
        volume,
        volume_n1,
        _run_id,
        -- Two equal volumes: the code decides, so that a cut at 10 holds 10 rows.
        row_number() over (
            partition by code_zone, annee, code_periode
            order by volume desc, code_commune asc
        ) as rang
    from volumes
    where volume is not null
)

select
    code_zone,
    annee,
    code_periode,
    cast(rang as integer) as rang,
    code_commune,
    cast(volume as bigint) as volume,
    cast(volume_n1 as bigint) as volume_n1,
    {{ evolution('volume', 'volume_n1') }} as evolution,
    _run_id
from communes_classees
where rang <= 50
