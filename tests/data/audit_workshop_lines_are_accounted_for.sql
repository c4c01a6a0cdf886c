-- Each landed line is an event, a reject of staging, empty, or one that came again whole
-- when its file had grown.
{{ config(
    enabled=var('audit', false) and 'atelier' in var('sources'), tags=['audit']
) }}

with reprises as (
    select
        suite_de as _file_id,
        min(premiere_ligne) as premiere_ligne
    from {{ ref('stg_atelier__fichiers') }}
    where suite_de is not null and statut in ('landed', 'superseded', 'duplicate')
    group by suite_de
),

brutes as (
    select
        lignes._file_id,
        count(*) as lignes,
        sum(
            case when lignes._row_number >= reprises.premiere_ligne then 1 else 0 end
        ) as reprises,
        sum(
            case
                when lignes._row_number >= reprises.premiere_ligne then 0
                when {{ texte_du_journal('lignes.texte') }} = '' then 1
                else 0
            end
        ) as vides
    from {{ source('atelier', 'lignes_log') }} as lignes
    left join reprises on lignes._file_id = reprises._file_id
    group by lignes._file_id
),

lues as (
    select
        _file_id,
        count(*) as nombre
    from {{ ref('stg_atelier__evenements') }}
    group by _file_id
),

rejetees as (
    select
        _file_id,
        count(*) as nombre
    from {{ ref('stg_atelier__evenements__rejets') }}
    group by _file_id
)

select
    brutes._file_id,
    brutes.lignes,
    brutes.reprises,
    brutes.vides,
    coalesce(lues.nombre, 0) as evenements,
    coalesce(rejetees.nombre, 0) as rejets
from brutes
left join lues on brutes._file_id = lues._file_id
left join rejetees on brutes._file_id = rejetees._file_id
where
    brutes.lignes
    <> brutes.reprises
    + brutes.vides
    + coalesce(lues.nombre, 0)
    + coalesce(rejetees.nombre, 0)
