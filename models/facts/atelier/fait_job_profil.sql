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

-- Each bar with the events up to the next one.
jobs as (
    select
        code_centre_usinage,
        date_production,
        numero_job,
        max(reference) as reference,
        max(longueur) as longueur,
        max(couleur) as couleur,
        max(famille_profil) as famille_profil,
        min(horodatage) as timestamp_debut,
        sum(case when type_evenement = 'StukUitgevoerd' then 1 else 0 end)
            as total_pieces,
        max(case when type_evenement = 'JobProfiel' then _run_id end) as _run_id
    from evenements
    where numero_job > 0
    group by code_centre_usinage, date_production, numero_job
)

select
    code_centre_usinage,
    date_production,
    numero_job,
    upper(reference) as code_profil,
    reference,
    longueur,
    couleur,
    famille_profil,
    timestamp_debut,
    cast(total_pieces as integer) as total_pieces,
    _run_id
from jobs
