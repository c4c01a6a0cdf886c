-- What each file in use claims is kept as the raw rows say it today.
{{ config(
    enabled=var('audit', false) and 'fluxvision' in var('sources'), tags=['audit']
) }}

with fichiers as (
    select * from {{ ref('int_fluxvision__fichiers_suivis') }}
    where est_actif
),

presences as (
    select
        _file_id,
        {{ libelle_normalise('zone_brute') }} as libelle_zone,
        {{ lire_date('date_brute') }} as date_jour
    from {{ ref('stg_fluxvision__presences') }}
),

lues as (
    select distinct
        presences._file_id,
        presences.libelle_zone,
        presences.date_jour
    from presences
    inner join fichiers on presences._file_id = fichiers._file_id
    where presences.libelle_zone is not null and presences.date_jour is not null
),

gardees as (
    select
        revendications._file_id,
        revendications.libelle_zone,
        revendications.date_jour
    from {{ ref('int_fluxvision__revendications') }} as revendications
    inner join fichiers on revendications._file_id = fichiers._file_id
    where revendications.libelle_zone is not null
)

{{ differences(
    '_file_id, libelle_zone, date_jour', 'select * from lues', 'select * from gardees'
) }}
