{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key=['code_client', 'code_famille', 'code_semaine', 'devise'],
    tags=['daily'],
) }}

with lignes as (
    select * from {{ ref('fait_lignes_commande') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

lignes_datees as (
    select
        lignes.*,
        {{ code_de_semaine('dates.annee_semaine', 'dates.semaine') }} as code_semaine,
        cast({{ dbt.date_trunc('week', 'dates.date_jour') }} as date) as date_semaine,
        coalesce(
            lignes.quantite_restante > 0
            and lignes.date_jour < {{ aujourd_hui_commerce() }},
            false
        ) as est_en_retard
    from lignes
    left join dates
        on lignes.date_jour = dates.date_jour
)

select
    code_client,
    code_famille,
    code_semaine,
    date_semaine,
    devise,
    cast(coalesce(sum(quantite_commandee), 0) as numeric(26, 3)) as quantite_commandee,
    cast(coalesce(sum(quantite_livree), 0) as numeric(26, 3)) as quantite_livree,
    cast(coalesce(sum(quantite_reservee), 0) as numeric(26, 3)) as quantite_reservee,
    cast(coalesce(sum(quantite_reliquat), 0) as numeric(26, 3)) as quantite_reliquat,
    cast(coalesce(sum(quantite_restante), 0) as numeric(26, 3)) as quantite_restante,
    {{ indicateurs_lignes() }},
    max(
        case
            when est_en_retard
                then {{ jours_entre('date_jour', aujourd_hui_commerce()) }}
        end
    ) as retard_max_jours,
    max(_run_id) as _run_id
from lignes_datees
group by code_client, code_famille, code_semaine, date_semaine, devise
