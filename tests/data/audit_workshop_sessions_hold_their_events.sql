-- Each event of the contents that hold is in its session, once for each time that one
-- of its files has it.
{{ config(
    enabled=var('audit', false) and 'atelier' in var('sources'), tags=['audit']
) }}

with occurrences as (
    select
        evenements.code_centre_usinage,
        evenements.date_production,
        evenements.type_evenement,
        evenements.horodatage,
        evenements.details,
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
        evenements.horodatage,
        evenements.details,
        evenements.ligne,
        fichiers.nom_logique
),

lignes as (
    select
        code_centre_usinage,
        date_production,
        type_evenement,
        horodatage,
        details,
        ligne,
        max(nombre) as nombre
    from occurrences
    group by
        code_centre_usinage,
        date_production,
        type_evenement,
        horodatage,
        details,
        ligne
),

mouvements as (
    select
        code_centre_usinage,
        date_production,
        type_evenement,
        horodatage,
        details,
        nombre
    from lignes
    union all
    select
        code_centre_usinage,
        date_production,
        type_evenement,
        horodatage,
        details,
        -1 as nombre
    from {{ ref('int_atelier__evenements') }}
)

select
    code_centre_usinage,
    date_production,
    type_evenement,
    horodatage,
    details,
    sum(nombre) as manquants
from mouvements
group by
    code_centre_usinage,
    date_production,
    type_evenement,
    horodatage,
    details
having sum(nombre) <> 0
