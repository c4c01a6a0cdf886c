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

{{ fenetres_des_sessions() }},

-- Each event that is no stop begins a group, with the stops that follow it. A wait
-- neither begins nor ends one.
evenements_groupes as (
    select
        *,
        sum(case when type_evenement = 'MachineStop' then 0 else 1 end) over (
            partition by code_centre_usinage, date_production
            order by ordre
        ) as groupe
    from evenements
    where type_evenement <> 'MachineWait'
),

groupes as (
    select
        code_centre_usinage,
        date_production,
        groupe,
        min(case when type_evenement <> 'MachineStop' then horodatage end)
            as premier_evenement,
        min(case when type_evenement = 'MachineStop' then horodatage end)
            as premier_arret,
        min(case when type_evenement = 'MachineStop' then _run_id end) as _run_id
    from evenements_groupes
    group by code_centre_usinage, date_production, groupe
),

-- A stop lasts until the event that begins the next group; the last one of a session
-- may have none.
groupes_suivis as (
    select
        *,
        coalesce(
            lead(premier_evenement) over (
                partition by code_centre_usinage, date_production
                order by groupe
            ),
            premier_arret
        ) as fin
    from groupes
),

arrets as (
    select
        groupes_suivis.*,
        row_number() over (
            partition by
                groupes_suivis.code_centre_usinage, groupes_suivis.date_production
            order by groupes_suivis.groupe
        ) as numero_arret,
        {{ debut_dans_la_fenetre('groupes_suivis.premier_arret') }} as debut_compte,
        {{ fin_dans_la_fenetre('groupes_suivis.fin') }} as fin_compte
    from groupes_suivis
    left join fenetres
        on
            groupes_suivis.code_centre_usinage = fenetres.code_centre_usinage
            and groupes_suivis.date_production = fenetres.date_production
    where groupes_suivis.premier_arret is not null
)

select
    code_centre_usinage,
    date_production,
    cast(numero_arret as integer) as numero_arret,
    premier_arret as timestamp_debut,
    fin as timestamp_fin,
    cast({{ secondes_entre('premier_arret', 'fin') }} as numeric(12, 3))
        as duree_secondes,
    cast({{ secondes_positives('debut_compte', 'fin_compte') }} as numeric(12, 3))
        as duree_comptee_secondes,
    _run_id
from arrets
