{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[
        {'columns': ['nature', 'libelle']},
        {'columns': ['_file_id']},
        {'columns': ['version']},
    ],
    post_hook=["{{ oublier_les_lectures_d_avant('nature') }}", "{{ publier() }}"],
) }}
{%- set nouveaux = fichiers_a_lire(ref('int_fluxvision__fichiers'), 'nature') %}

with libelles as (
    select * from {{ ref('stg_fluxvision__libelles') }}
    where {{ parmi_les_fichiers(nouveaux) }}
),

fichiers as (
    select * from {{ ref('int_fluxvision__fichiers') }}
    where {{ parmi_les_fichiers(nouveaux) }}
),

libelles_fichiers as (
    select distinct
        libelles._file_id,
        libelles.nature,
        coalesce(libelles.libelle, '') as libelle,
        fichiers.remplace_a
    from libelles
    inner join fichiers on libelles._file_id = fichiers._file_id
    where coalesce(libelles.libelle, '') <> 'CUMUL'
    union all
    -- The mark that the file was read, be there nothing to read in it.
    select
        _file_id,
        null as nature,
        null as libelle,
        remplace_a
    from fichiers
)

select
    _file_id,
    nature,
    libelle,
    remplace_a,
    {{ version_et_generation() }}
from libelles_fichiers
