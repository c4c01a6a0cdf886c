{{ config(
    materialized='incremental',
    incremental_strategy='append',
    indexes=[
        {'columns': ['famille', 'date_jour', 'libelle_zone']},
        {'columns': ['_file_id']},
        {'columns': ['libelle_zone']},
        {'columns': ['version']},
    ],
    post_hook=["{{ oublier_les_lectures_d_avant('libelle_zone') }}", "{{ publier() }}"],
) }}
{%- set nouveaux = fichiers_a_lire(ref('int_fluxvision__fichiers'), 'libelle_zone') %}

with presences as (
    select * from {{ ref('stg_fluxvision__presences') }}
    where {{ parmi_les_fichiers(nouveaux) }}
),

fichiers as (
    select * from {{ ref('int_fluxvision__fichiers') }}
    where {{ parmi_les_fichiers(nouveaux) }}
),

presences_lues as (
    select
        _file_id,
        {{ libelle_normalise('zone_brute') }} as libelle_zone,
        {{ lire_date('date_brute') }} as date_jour
    from presences
),

revendications as (
    select distinct
        fichiers.famille,
        fichiers._file_id,
        presences_lues.libelle_zone,
        presences_lues.date_jour,
        fichiers.remplace_a
    from presences_lues
    inner join fichiers on presences_lues._file_id = fichiers._file_id
    where
        presences_lues.libelle_zone is not null
        and presences_lues.date_jour is not null
    union all
    -- The mark that the file was read, be there nothing to read in it.
    select
        famille,
        _file_id,
        null as libelle_zone,
        null as date_jour,
        remplace_a
    from fichiers
)

select
    famille,
    _file_id,
    libelle_zone,
    date_jour,
    remplace_a,
    {{ version_et_generation() }}
from revendications
