{%- set producteurs = ['int_atelier__revendications'] -%}
{{ config(
    incremental_strategy='append',
    pre_hook=[
        "{{ joindre_par_hachage() }}",
        "{{ oublier_sessions(['int_atelier__revendications']) }}",
    ],
    post_hook="{{ avancer_les_sessions(['int_atelier__revendications']) }}",
) }}

with sessions as (
    {{ sessions_changees(producteurs) }}
),

revendications as (
    select * from {{ ref('int_atelier__revendications') }}
    where est_active
),

evenements as (
    select * from {{ ref('stg_atelier__evenements') }}
    where {{ contenus_des_sessions(producteurs) }}
),

evenements_des_sessions as (
    select
        evenements.*,
        revendications.nom_logique,
        -- The same text a second time in one file is another event.
        row_number() over (
            partition by
                evenements.code_centre_usinage,
                evenements.date_production,
                revendications.nom_logique,
                evenements.ligne
            order by evenements._row_number
        ) as occurrence
    from evenements
    inner join revendications
        on
            evenements._file_id = revendications._file_id
            and evenements.code_centre_usinage = revendications.code_centre_usinage
            and evenements.date_production = revendications.date_production
    inner join sessions
        on
            evenements.code_centre_usinage = sessions.code_centre_usinage
            and evenements.date_production = sessions.date_production
),

-- In several files it is one event, that of the first of them.
evenements_uniques as (
    select
        *,
        row_number() over (
            partition by code_centre_usinage, date_production, ligne, occurrence
            order by {{ par_octets('nom_logique') }}
        ) as copie
    from evenements_des_sessions
),

evenements_ordonnes as (
    select
        *,
        row_number() over (
            partition by code_centre_usinage, date_production
            order by horodatage, {{ par_octets('nom_logique') }}, _row_number
        ) as ordre
    from evenements_uniques
    where copie = 1
)

select
    code_centre_usinage,
    date_production,
    cast(ordre as integer) as ordre,
    horodatage,
    type_evenement,
    details,
    duree_secondes,
    reference,
    longueur,
    couleur,
    famille_profil,
    cast(sum(case when type_evenement = 'JobProfiel' then 1 else 0 end) over (
        partition by code_centre_usinage, date_production
        order by ordre
    ) as integer) as numero_job,
    fichier,
    _file_id,
    _row_number,
    _run_id
from evenements_ordonnes
