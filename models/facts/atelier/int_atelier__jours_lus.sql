{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[{'columns': ['_file_id']}],
    pre_hook="{{ joindre_par_hachage() }}",
    post_hook="{{ oublier_les_lectures_d_avant('date_jour') }}",
) }}
{%- set nouveaux = contenus_a_lire() %}

with evenements as (
    select * from {{ ref('stg_atelier__evenements') }}
    where {{ nouveaux }}
),

fichiers as (
    select * from {{ ref('int_atelier__fichiers') }}
    where {{ nouveaux }}
),

-- The lines from here on came again with what continues a content: they were not read.
reprises as (
    {{ reprises_atelier() }}
),

jours as (
    select
        _file_id,
        dossier,
        cast(horodatage as date) as date_jour,
        min(horodatage) as premier,
        max(horodatage) as dernier
    from evenements
    group by _file_id, dossier, cast(horodatage as date)
)

select
    jours._file_id,
    jours.dossier,
    jours.date_jour,
    jours.premier,
    jours.dernier,
    cast(null as {{ dbt.type_bigint() }}) as lu_jusque,
    fichiers.remplace_a
from jours
inner join fichiers on jours._file_id = fichiers._file_id
union all
-- The mark that the content was read, be there nothing to read in it.
select
    fichiers._file_id,
    null as dossier,
    null as date_jour,
    null as premier,
    null as dernier,
    reprises.premiere_ligne as lu_jusque,
    fichiers.remplace_a
from fichiers
left join reprises on fichiers._file_id = reprises._file_id
