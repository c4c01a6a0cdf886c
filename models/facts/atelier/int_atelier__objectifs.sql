{{ config(
    incremental_strategy='difference',
    unique_key=['code_centre_usinage', 'date_production'],
) }}

with sessions as (
    select * from {{ ref('fait_session_production') }}
),

jours as (
    select * from {{ ref('dim_date') }}
),

equipes as (
    select * from {{ ref('equipes_atelier') }}
),

cycles as (
    select * from {{ ref('cycles_theoriques') }}
),

rebuts as (
    select * from {{ ref('rebuts_atelier') }}
),

profils as (
    select
        code_centre_usinage,
        date_production,
        code_profil,
        sum(total_pieces) as total_pieces
    from {{ ref('int_atelier__profils') }}
    group by code_centre_usinage, date_production, code_profil
),

pieces_des_profils as (
    select
        code_centre_usinage,
        date_production,
        sum(total_pieces) as total_pieces
    from profils
    group by code_centre_usinage, date_production
),

-- What was made before the first bar is of no profile that anybody knows.
pieces as (
    select * from profils
    union all
    select
        sessions.code_centre_usinage,
        sessions.date_production,
        cast(null as {{ dbt.type_string() }}) as code_profil,
        sessions.total_pieces - coalesce(pieces_des_profils.total_pieces, 0)
            as total_pieces
    from sessions
    left join pieces_des_profils
        on
            sessions.code_centre_usinage = pieces_des_profils.code_centre_usinage
            and sessions.date_production = pieces_des_profils.date_production
),

pieces_et_cycles as (
    select
        pieces.code_centre_usinage,
        pieces.date_production,
        pieces.total_pieces,
        coalesce(du_profil.secondes_par_piece, du_centre.secondes_par_piece)
            as secondes_par_piece
    from pieces
    left join cycles as du_profil
        on
            pieces.code_centre_usinage = du_profil.code_centre_usinage
            and pieces.code_profil = upper(du_profil.reference)
    left join cycles as du_centre
        on
            pieces.code_centre_usinage = du_centre.code_centre_usinage
            and du_centre.reference is null
    where pieces.total_pieces > 0
),

theorie as (
    select
        code_centre_usinage,
        date_production,
        case
            when count(secondes_par_piece) = count(*)
                then sum(total_pieces * secondes_par_piece)
        end as secondes_theoriques
    from pieces_et_cycles
    group by code_centre_usinage, date_production
),

plan as (
    select
        sessions.code_centre_usinage,
        sessions.date_production,
        sum({{ secondes_d_equipe('equipes.debut', 'equipes.fin') }})
            as secondes_planifiees
    from sessions
    inner join jours on sessions.date_production = jours.date_jour
    inner join equipes
        on
            sessions.code_centre_usinage = equipes.code_centre_usinage
            and jours.numero_jour = equipes.numero_jour
            and sessions.date_production >= equipes.valide_du
            and (
                equipes.valide_au is null
                or sessions.date_production <= equipes.valide_au
            )
    group by sessions.code_centre_usinage, sessions.date_production
)

select
    sessions.code_centre_usinage,
    sessions.date_production,
    cast(plan.secondes_planifiees as integer) as secondes_planifiees,
    cast(theorie.secondes_theoriques as numeric(15, 3)) as secondes_theoriques,
    rebuts.pieces_rebutees
from sessions
left join plan
    on
        sessions.code_centre_usinage = plan.code_centre_usinage
        and sessions.date_production = plan.date_production
left join theorie
    on
        sessions.code_centre_usinage = theorie.code_centre_usinage
        and sessions.date_production = theorie.date_production
left join rebuts
    on
        sessions.code_centre_usinage = rebuts.code_centre_usinage
        and sessions.date_production = rebuts.date_production
