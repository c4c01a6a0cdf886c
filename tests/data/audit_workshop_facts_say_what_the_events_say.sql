-- Each piece, bar, wait and stop of a session is a row of its fact, with its moment and
-- what was said of it; a session counts the rows of its facts.
{{ config(
    enabled=var('audit', false) and 'atelier' in var('sources'), tags=['audit']
) }}
{%- set colonnes = 'fait, code_centre_usinage, date_production, moment, valeur' %}
{%- set vers_texte = dbt.type_string() %}

with evenements as (
    select * from {{ ref('int_atelier__evenements') }}
),

-- A stop begins a period when no other stop precedes it; waits are nothing between them.
suites as (
    select
        *,
        lag(type_evenement) over (
            partition by code_centre_usinage, date_production order by ordre
        ) as precedent
    from evenements
    where type_evenement <> 'MachineWait'
),

attendus as (
    select
        'fait_piece_production' as fait,
        code_centre_usinage,
        date_production,
        horodatage as moment,
        details as valeur
    from evenements
    where type_evenement = 'StukUitgevoerd'
    union all
    select
        'fait_job_profil' as fait,
        code_centre_usinage,
        date_production,
        horodatage as moment,
        concat_ws(' ', reference, longueur, couleur, famille_profil) as valeur
    from evenements
    where type_evenement = 'JobProfiel'
    union all
    select
        'fait_periode_attente' as fait,
        code_centre_usinage,
        date_production,
        horodatage as moment,
        cast(cast(duree_secondes as numeric(12, 3)) as {{ vers_texte }}) as valeur
    from evenements
    where type_evenement = 'MachineWait'
    union all
    select
        'fait_periode_arret' as fait,
        code_centre_usinage,
        date_production,
        horodatage as moment,
        null as valeur
    from suites
    where
        type_evenement = 'MachineStop'
        and coalesce(precedent, '') <> 'MachineStop'
    {% for fait, nombre in {
        'fait_piece_production': 'total_pieces',
        'fait_periode_attente': 'nb_attentes',
        'fait_periode_arret': 'nb_arrets',
    }.items() -%}
        union all
        select
            'fait_session_production' as fait,
            code_centre_usinage,
            date_production,
            null as moment,
            concat_ws(' ', '{{ nombre }}', count(*)) as valeur
        from {{ ref(fait) }}
        group by code_centre_usinage, date_production
    {% endfor %}
),

trouves as (
    select
        'fait_piece_production' as fait,
        code_centre_usinage,
        date_production,
        timestamp_production as moment,
        details as valeur
    from {{ ref('fait_piece_production') }}
    union all
    select
        'fait_job_profil' as fait,
        code_centre_usinage,
        date_production,
        timestamp_debut as moment,
        concat_ws(' ', reference, longueur, couleur, famille_profil) as valeur
    from {{ ref('fait_job_profil') }}
    union all
    select
        'fait_periode_attente' as fait,
        code_centre_usinage,
        date_production,
        timestamp_debut as moment,
        cast(duree_secondes as {{ vers_texte }}) as valeur
    from {{ ref('fait_periode_attente') }}
    union all
    select
        'fait_periode_arret' as fait,
        code_centre_usinage,
        date_production,
        timestamp_debut as moment,
        null as valeur
    from {{ ref('fait_periode_arret') }}
    {% for nombre in ['total_pieces', 'nb_attentes', 'nb_arrets'] -%}
        union all
        select
            'fait_session_production' as fait,
            code_centre_usinage,
            date_production,
            null as moment,
            concat_ws(' ', '{{ nombre }}', {{ nombre }}) as valeur
        from {{ ref('fait_session_production') }}
        where {{ nombre }} > 0
    {% endfor %}
)

{{ differences(colonnes, 'select * from attendus', 'select * from trouves') }}
