{%- set producteurs = [
    'int_atelier__evenements', 'fait_periode_arret', 'fait_periode_attente'
] -%}
{{ config(
    pre_hook=[
        "{{ joindre_par_hachage() }}",
        "{{ oublier_sessions(['int_atelier__evenements', 'fait_periode_arret', 'fait_periode_attente']) }}",
    ],
    post_hook="{{ avancer_les_sessions(['int_atelier__evenements', 'fait_periode_arret', 'fait_periode_attente']) }}",
) }}

with evenements as (
    {{ lignes_des_sessions('int_atelier__evenements', producteurs) }}
),

periodes_arret as (
    {{ lignes_des_sessions('fait_periode_arret', producteurs) }}
),

periodes_attente as (
    {{ lignes_des_sessions('fait_periode_attente', producteurs) }}
),

sessions as (
    select
        code_centre_usinage,
        date_production,
        {% for colonne, fonction, type in [
            ('heure_premiere_piece', 'min', 'StukUitgevoerd'),
            ('heure_derniere_piece', 'max', 'StukUitgevoerd'),
            ('heure_premier_machine_start', 'min', 'MachineStart'),
            ('heure_dernier_machine_stop', 'max', 'MachineStop'),
        ] -%}
            {{ fonction }}(case when type_evenement = '{{ type }}' then horodatage end)
                as {{ colonne }},
        {% endfor -%}
        sum(case when type_evenement = 'StukUitgevoerd' then 1 else 0 end)
            as total_pieces,
        max(_run_id) as _run_id
    from evenements
    group by code_centre_usinage, date_production
),

arrets as (
    select
        code_centre_usinage,
        date_production,
        count(*) as nb_arrets,
        sum(duree_comptee_secondes) as secondes
    from periodes_arret
    group by code_centre_usinage, date_production
),

attentes as (
    select
        code_centre_usinage,
        date_production,
        count(*) as nb_attentes,
        sum(duree_comptee_secondes) as secondes
    from periodes_attente
    group by code_centre_usinage, date_production
),

noms_de_fichiers as (
    select distinct
        code_centre_usinage,
        date_production,
        fichier
    from evenements
),

fichiers as (
    select
        code_centre_usinage,
        date_production,
        {{ dbt.listagg('fichier', "', '", "order by " ~ par_octets('fichier')) }}
            as fichier_log_source
    from noms_de_fichiers
    group by code_centre_usinage, date_production
),

mesures as (
    select
        sessions.*,
        coalesce({{ secondes_entre(
            'sessions.heure_premiere_piece', 'sessions.heure_derniere_piece'
        ) }}, 0) as duree,
        coalesce(arrets.nb_arrets, 0) as nb_arrets,
        coalesce(arrets.secondes, 0) as arret,
        coalesce(attentes.nb_attentes, 0) as nb_attentes,
        coalesce(attentes.secondes, 0) as attente,
        fichiers.fichier_log_source
    from sessions
    inner join fichiers
        on
            sessions.code_centre_usinage = fichiers.code_centre_usinage
            and sessions.date_production = fichiers.date_production
    left join arrets
        on
            sessions.code_centre_usinage = arrets.code_centre_usinage
            and sessions.date_production = arrets.date_production
    left join attentes
        on
            sessions.code_centre_usinage = attentes.code_centre_usinage
            and sessions.date_production = attentes.date_production
),

-- Rounded one after the other, so that the three add up to 100 and none is below 0.
taux as (
    select
        *,
        {{ taux_atelier('arret', 'duree') }} as taux_arret_volontaire,
        case
            when duree > 0
                then least(
                    {{ taux_atelier('attente', 'duree') }},
                    100 - {{ taux_atelier('arret', 'duree') }}
                )
        end as taux_attente
    from mesures
)

select
    code_centre_usinage,
    date_production,
    heure_premiere_piece,
    heure_derniere_piece,
    heure_premier_machine_start,
    heure_dernier_machine_stop,
    cast(total_pieces as integer) as total_pieces,
    {{ en_heures_decimales('duree') }} as duree_production_totale,
    {{ en_heures_decimales('attente') }} as temps_attente,
    {{ en_heures_decimales('arret') }} as temps_arret_volontaire,
    {{ en_heures_decimales('duree - attente - arret') }} as temps_production_effectif,
    cast(100 - taux_attente - taux_arret_volontaire as numeric(5, 2))
        as taux_occupation,
    cast(taux_attente as numeric(5, 2)) as taux_attente,
    taux_arret_volontaire,
    cast(nb_attentes as integer) as nb_attentes,
    cast(nb_arrets as integer) as nb_arrets,
    fichier_log_source,
    _run_id
from taux
