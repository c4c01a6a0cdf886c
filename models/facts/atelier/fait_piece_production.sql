{%- set producteurs = ['int_atelier__evenements'] -%}
{{ config(
    pre_hook=[
        "{{ joindre_par_hachage() }}",
        "{{ oublier_sessions(['int_atelier__evenements']) }}",
    ],
    post_hook="{{ avancer_les_sessions(['int_atelier__evenements']) }}",
) }}

with evenements as (
    {{ lignes_des_sessions('int_atelier__evenements', producteurs) }}
),

pieces as (
    select
        *,
        row_number() over (
            partition by code_centre_usinage, date_production order by ordre
        ) as numero_piece,
        lag(horodatage) over (
            partition by code_centre_usinage, date_production order by ordre
        ) as piece_precedente
    from evenements
    where type_evenement = 'StukUitgevoerd'
)

select
    code_centre_usinage,
    date_production,
    cast(numero_piece as integer) as numero_piece,
    horodatage as timestamp_production,
    details,
    cast({{ secondes_entre('piece_precedente', 'horodatage') }} as integer)
        as temps_cycle,
    nullif(numero_job, 0) as numero_job,
    _run_id
from pieces
