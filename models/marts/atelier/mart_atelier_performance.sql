{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key=['code_centre_usinage', 'date_production'],
) }}

with sessions as (
    select * from {{ ref('fait_session_production') }}
),

objectifs as (
    select * from {{ ref('int_atelier__objectifs') }}
),

facteurs as (
    select
        sessions.*,
        objectifs.secondes_planifiees,
        objectifs.pieces_rebutees,
        1.0 * sessions.temps_production_effectif * 3600
        / nullif(objectifs.secondes_planifiees, 0) as part_disponible,
        1.0 * objectifs.secondes_theoriques
        / nullif(sessions.temps_production_effectif * 3600, 0) as part_performante,
        1.0 - 1.0 * objectifs.pieces_rebutees / nullif(sessions.total_pieces, 0)
            as part_bonne
    from sessions
    left join objectifs
        on
            sessions.code_centre_usinage = objectifs.code_centre_usinage
            and sessions.date_production = objectifs.date_production
)

select
    code_centre_usinage,
    date_production,
    total_pieces,
    duree_production_totale,
    temps_production_effectif,
    temps_attente,
    temps_arret_volontaire,
    taux_occupation,
    taux_attente,
    taux_arret_volontaire,
    nb_attentes,
    nb_arrets,
    {{ en_heures_decimales('secondes_planifiees') }} as temps_planifie,
    pieces_rebutees,
    cast(100 * part_disponible as numeric(9, 2)) as disponibilite,
    cast(100 * part_performante as numeric(9, 2)) as performance,
    cast(100 * part_bonne as numeric(9, 2)) as qualite,
    cast(100 * part_disponible * part_performante * part_bonne as numeric(9, 2)) as trs,
    _run_id
from facteurs
