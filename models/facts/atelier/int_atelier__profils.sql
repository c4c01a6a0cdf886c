{%- set producteurs = ['fait_job_profil'] -%}
{{ config(
    incremental_strategy='append',
    pre_hook=[
        "{{ joindre_par_hachage() }}",
        "{{ oublier_sessions(['fait_job_profil']) }}",
    ],
    post_hook="{{ avancer_les_sessions(['fait_job_profil']) }}",
) }}

with jobs as (
    {{ lignes_des_sessions('fait_job_profil', producteurs) }}
)

select
    code_centre_usinage,
    date_production,
    code_profil,
    coalesce(couleur, '') as couleur,
    coalesce(famille_profil, '') as famille_profil,
    count(*) as nb_jobs,
    cast(sum(total_pieces) as {{ dbt.type_bigint() }}) as total_pieces,
    min(longueur) as longueur_min,
    max(longueur) as longueur_max
from jobs
group by
    code_centre_usinage, date_production, code_profil, couleur, famille_profil
