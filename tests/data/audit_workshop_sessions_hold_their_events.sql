-- Each event of the contents that hold is in its session, once for each time that one
-- of its files has it; each piece, bar and wait of a session is a row of its fact.
{{ config(
    enabled=var('audit', false) and 'atelier' in var('sources'), tags=['audit']
) }}

with occurrences as (
    select
        evenements.code_centre_usinage,
        evenements.date_production,
        evenements.type_evenement,
        evenements.ligne,
        fichiers.nom_logique,
        count(*) as nombre
    from {{ ref('stg_atelier__evenements') }} as evenements
    inner join {{ ref('int_atelier__fichiers') }} as fichiers
        on evenements._file_id = fichiers._file_id
    group by
        evenements.code_centre_usinage,
        evenements.date_production,
        evenements.type_evenement,
        evenements.ligne,
        fichiers.nom_logique
),

lignes as (
    select
        code_centre_usinage,
        date_production,
        type_evenement,
        ligne,
        max(nombre) as nombre
    from occurrences
    group by code_centre_usinage, date_production, type_evenement, ligne
),

mouvements as (
    select
        'int_atelier__evenements' as modele,
        code_centre_usinage,
        date_production,
        type_evenement,
        nombre
    from lignes
    union all
    select
        'int_atelier__evenements' as modele,
        code_centre_usinage,
        date_production,
        type_evenement,
        -1 as nombre
    from {{ ref('int_atelier__evenements') }}
    {% for fait, type in {
        'fait_piece_production': 'StukUitgevoerd',
        'fait_job_profil': 'JobProfiel',
        'fait_periode_attente': 'MachineWait',
    }.items() -%}
        union all
        select
            '{{ fait }}' as modele,
            code_centre_usinage,
            date_production,
            type_evenement,
            nombre
        from lignes
        where type_evenement = '{{ type }}'
        union all
        select
            '{{ fait }}' as modele,
            code_centre_usinage,
            date_production,
            '{{ type }}' as type_evenement,
            -1 as nombre
        from {{ ref(fait) }}
    {% endfor %}
)

select
    modele,
    code_centre_usinage,
    date_production,
    type_evenement,
    sum(nombre) as manquants
from mouvements
group by modele, code_centre_usinage, date_production, type_evenement
having sum(nombre) <> 0
