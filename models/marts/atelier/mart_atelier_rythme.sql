{%- set producteurs = ['fait_piece_production'] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook=[
        "{{ joindre_par_hachage() }}",
        "{{ oublier_sessions(['fait_piece_production']) }}",
    ],
    post_hook="{{ avancer_les_sessions(['fait_piece_production']) }}",
) }}

with pieces as (
    {{ lignes_des_sessions('fait_piece_production', producteurs) }}
),

pieces_par_heure as (
    select
        code_centre_usinage,
        date_production,
        {{ dbt.date_trunc('hour', 'timestamp_production') }} as debut_heure,
        count(*) as total_pieces
    from pieces
    group by
        code_centre_usinage,
        date_production,
        {{ dbt.date_trunc('hour', 'timestamp_production') }}
),

fenetres as (
    select
        code_centre_usinage,
        date_production,
        min(timestamp_production) as premiere_piece,
        max(timestamp_production) as derniere_piece,
        max(_run_id) as _run_id
    from pieces
    group by code_centre_usinage, date_production
),

-- A production day touches 25 hours of the clock at most.
rangs as (
    {{ dbt.generate_series(25) }}
),

heures as (
    select
        fenetres.*,
        {{ dbt.dateadd(
            'hour', 'cast(rangs.generated_number as integer) - 1',
            dbt.date_trunc('hour', 'fenetres.premiere_piece')
        ) }} as debut_heure
    from fenetres
    cross join rangs
),

heures_de_la_fenetre as (
    select
        *,
        {{ dbt.dateadd('hour', 1, 'debut_heure') }} as fin_heure
    from heures
    where debut_heure <= derniere_piece
)

select
    heures.code_centre_usinage,
    heures.date_production,
    heures.debut_heure,
    cast(extract(hour from heures.debut_heure) as smallint) as heure,
    cast(coalesce(pieces_par_heure.total_pieces, 0) as integer) as total_pieces,
    cast({{ secondes_entre(
        'greatest(heures.debut_heure, heures.premiere_piece)',
        'least(heures.fin_heure, heures.derniere_piece)'
    ) }} as integer) as secondes_observees,
    heures._run_id
from heures_de_la_fenetre as heures
left join pieces_par_heure
    on
        heures.code_centre_usinage = pieces_par_heure.code_centre_usinage
        and heures.date_production = pieces_par_heure.date_production
        and heures.debut_heure = pieces_par_heure.debut_heure
