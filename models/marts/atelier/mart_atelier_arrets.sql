{%- set producteurs = ['fait_periode_arret', 'fait_periode_attente'] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook=[
        "{{ joindre_par_hachage() }}",
        "{{ oublier_sessions(['fait_periode_arret', 'fait_periode_attente']) }}",
    ],
    post_hook="{{ avancer_les_sessions(['fait_periode_arret', 'fait_periode_attente']) }}",
) }}

with arrets as (
    {{ lignes_des_sessions('fait_periode_arret', producteurs) }}
),

attentes as (
    {{ lignes_des_sessions('fait_periode_attente', producteurs) }}
),

periodes as (
    {% for nature, table in {'ARRET': 'arrets', 'ATTENTE': 'attentes'}.items() -%}
        select
            code_centre_usinage,
            date_production,
            '{{ nature }}' as nature,
            {{ classe_de_duree('duree_secondes') }} as classe_duree,
            duree_secondes,
            duree_comptee_secondes,
            _run_id
        from {{ table }}
        {{ 'union all' if not loop.last }}
    {% endfor -%}
),

classes as (
    select
        code_centre_usinage,
        date_production,
        nature,
        classe_duree,
        count(*) as nombre,
        sum(duree_secondes) as duree_secondes,
        sum(duree_comptee_secondes) as duree_comptee_secondes,
        max(_run_id) as _run_id
    from periodes
    group by code_centre_usinage, date_production, nature, classe_duree
),

classes_rangees as (
    select
        *,
        row_number() over (
            partition by code_centre_usinage, date_production
            order by
                duree_comptee_secondes desc,
                duree_secondes desc,
                nature asc,
                classe_duree asc
        ) as rang,
        sum(duree_comptee_secondes) over (
            partition by code_centre_usinage, date_production
        ) as perdu
    from classes
),

classes_cumulees as (
    select
        *,
        sum(duree_comptee_secondes) over (
            partition by code_centre_usinage, date_production order by rang
        ) as cumul
    from classes_rangees
)

select
    code_centre_usinage,
    date_production,
    nature,
    classe_duree,
    cast(nombre as integer) as nombre,
    cast(duree_secondes as numeric(12, 3)) as duree_secondes,
    cast(duree_comptee_secondes as numeric(12, 3)) as duree_comptee_secondes,
    cast(rang as integer) as rang,
    {{ taux_atelier('duree_comptee_secondes', 'perdu') }} as part,
    {{ taux_atelier('cumul', 'perdu') }} as part_cumulee,
    _run_id
from classes_cumulees
