-- Each piece of a session is in one hour of the pace, each stop and wait in one class,
-- and what counts of them is what the session counts: to the second, hours being
-- rounded.
{{ config(enabled='atelier' in var('sources')) }}

with sessions as (
    select * from {{ ref('fait_session_production') }}
),

rythme as (
    select
        code_centre_usinage,
        date_production,
        sum(total_pieces) as total_pieces,
        sum(secondes_observees) as secondes
    from {{ ref('mart_atelier_rythme') }}
    group by code_centre_usinage, date_production
),

periodes as (
    select
        code_centre_usinage,
        date_production,
        sum(case when nature = 'ARRET' then nombre else 0 end) as nb_arrets,
        sum(case when nature = 'ATTENTE' then nombre else 0 end) as nb_attentes,
        sum(duree_comptee_secondes) as secondes_perdues,
        max(part_cumulee) as part_cumulee
    from {{ ref('mart_atelier_arrets') }}
    group by code_centre_usinage, date_production
),

performance as (
    select * from {{ ref('mart_atelier_performance') }}
)

select
    sessions.code_centre_usinage,
    sessions.date_production,
    sessions.total_pieces,
    rythme.total_pieces as pieces_du_rythme,
    performance.total_pieces as pieces_de_la_performance,
    sessions.nb_arrets,
    periodes.nb_arrets as arrets_comptes,
    sessions.nb_attentes,
    periodes.nb_attentes as attentes_comptees,
    periodes.secondes_perdues
from sessions
left join rythme
    on
        sessions.code_centre_usinage = rythme.code_centre_usinage
        and sessions.date_production = rythme.date_production
left join periodes
    on
        sessions.code_centre_usinage = periodes.code_centre_usinage
        and sessions.date_production = periodes.date_production
left join performance
    on
        sessions.code_centre_usinage = performance.code_centre_usinage
        and sessions.date_production = performance.date_production
where
    sessions.total_pieces <> coalesce(rythme.total_pieces, 0)
    or sessions.total_pieces <> coalesce(performance.total_pieces, -1)
    or sessions.nb_arrets <> coalesce(periodes.nb_arrets, 0)
    or sessions.nb_attentes <> coalesce(periodes.nb_attentes, 0)
    or abs(
        3600 * (sessions.temps_attente + sessions.temps_arret_volontaire)
        - coalesce(periodes.secondes_perdues, 0)
    ) > 1
    or abs(
        3600 * sessions.duree_production_totale - coalesce(rythme.secondes, 0)
    ) > 1
    or (periodes.secondes_perdues > 0 and periodes.part_cumulee <> 100)
