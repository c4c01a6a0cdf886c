{%- set producteurs = ['int_atelier__evenements', 'fait_periode_arret'] -%}
{{ config(
    pre_hook=[
        "{{ joindre_par_hachage() }}",
        "{{ oublier_sessions(['int_atelier__evenements', 'fait_periode_arret']) }}",
    ],
    post_hook="{{ avancer_les_sessions(['int_atelier__evenements', 'fait_periode_arret']) }}",
) }}

with evenements as (
    {{ lignes_des_sessions('int_atelier__evenements', producteurs) }}
),

arrets as (
    {{ lignes_des_sessions('fait_periode_arret', producteurs) }}
),

{{ fenetres_des_sessions() }},

attentes as (
    select
        evenements.code_centre_usinage,
        evenements.date_production,
        evenements.ordre,
        evenements.horodatage as debut,
        {{ dbt.dateadd(
            'second', 'evenements.duree_secondes', 'evenements.horodatage'
        ) }} as fin,
        evenements.duree_secondes,
        fenetres.premiere_piece,
        fenetres.derniere_piece,
        evenements._run_id
    from evenements
    left join fenetres
        on
            evenements.code_centre_usinage = fenetres.code_centre_usinage
            and evenements.date_production = fenetres.date_production
    where evenements.type_evenement = 'MachineWait'
),

attentes_bornees as (
    select
        *,
        {{ debut_dans_la_fenetre('debut') }} as debut_borne,
        {{ fin_dans_la_fenetre('fin') }} as fin_comptee
    from attentes
),

-- Of waits that overlap, a later one counts from where the earlier ones end.
attentes_comptees as (
    select
        *,
        row_number() over (
            partition by code_centre_usinage, date_production order by ordre
        ) as numero_attente,
        greatest(
            debut_borne,
            coalesce(
                max(fin_comptee) over (
                    partition by code_centre_usinage, date_production
                    order by ordre
                    rows between unbounded preceding and 1 preceding
                ),
                debut_borne
            )
        ) as debut_compte
    from attentes_bornees
),

-- What a stop covers is a stop; two stops never overlap.
arrets_dans_les_attentes as (
    select
        attentes.code_centre_usinage,
        attentes.date_production,
        attentes.numero_attente,
        sum(
            {{ secondes_entre(
                'greatest(attentes.debut_compte, arrets.timestamp_debut)',
                'least(attentes.fin_comptee, arrets.timestamp_fin)'
            ) }}
        ) as secondes
    from attentes_comptees as attentes
    inner join arrets
        on
            attentes.code_centre_usinage = arrets.code_centre_usinage
            and attentes.date_production = arrets.date_production
            and attentes.debut_compte < arrets.timestamp_fin
            and attentes.fin_comptee > arrets.timestamp_debut
    where attentes.debut_compte < attentes.fin_comptee
    group by
        attentes.code_centre_usinage,
        attentes.date_production,
        attentes.numero_attente
)

select
    attentes.code_centre_usinage,
    attentes.date_production,
    cast(attentes.numero_attente as integer) as numero_attente,
    attentes.debut as timestamp_debut,
    attentes.fin as timestamp_fin,
    cast(attentes.duree_secondes as numeric(12, 3)) as duree_secondes,
    cast(
        {{ secondes_positives('attentes.debut_compte', 'attentes.fin_comptee') }}
        - coalesce(arrets.secondes, 0) as numeric(12, 3)
    ) as duree_comptee_secondes,
    attentes._run_id
from attentes_comptees as attentes
left join arrets_dans_les_attentes as arrets
    on
        attentes.code_centre_usinage = arrets.code_centre_usinage
        and attentes.date_production = arrets.date_production
        and attentes.numero_attente = arrets.numero_attente
