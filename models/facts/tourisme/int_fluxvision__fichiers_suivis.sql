-- noqa: disable=LT02
-- (Branches are indented for the reader, not as one of them compiles.)
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='_file_id',
    indexes=[{'columns': ['version']}],
    post_hook="{{ publier() }}",
) }}

with fichiers as (
    select * from {{ ref('int_fluxvision__fichiers') }}
),

-- A file counts once its claims and its labels are known; the version tells claims
-- that were read anew.
revendications as (
    select
        _file_id,
        version
    from {{ ref('int_fluxvision__revendications') }}
    where libelle_zone is null
),

libelles_fichiers as (
    select _file_id from {{ ref('int_fluxvision__libelles_fichiers') }}
    where nature is null
),

fichiers_lus as (
    select
        fichiers._file_id,
        fichiers.famille,
        fichiers.est_provisoire,
        fichiers.livre_a,
        fichiers.chemin,
        fichiers.vu_a,
        fichiers.empreinte,
        revendications.version as lecture
    from fichiers
    inner join revendications on fichiers._file_id = revendications._file_id
    inner join libelles_fichiers on fichiers._file_id = libelles_fichiers._file_id
),

{% if is_incremental() -%}
    fichiers_connus as (
        select * from {{ this }}
    ),

    fichiers_changes as (
        select
            fichiers_lus.*,
            true as est_actif
        from fichiers_lus
        left join fichiers_connus on fichiers_lus._file_id = fichiers_connus._file_id
        where
            fichiers_connus._file_id is null
            or not fichiers_connus.est_actif
            or fichiers_connus.livre_a <> fichiers_lus.livre_a
            or fichiers_connus.chemin <> fichiers_lus.chemin
            or fichiers_connus.vu_a <> fichiers_lus.vu_a
            or fichiers_connus.lecture <> fichiers_lus.lecture
        union all
        -- Superseded, withdrawn or forgotten: it stays as one that no longer counts.
        select
            fichiers_connus._file_id,
            fichiers_connus.famille,
            fichiers_connus.est_provisoire,
            fichiers_connus.livre_a,
            fichiers_connus.chemin,
            fichiers_connus.vu_a,
            fichiers_connus.empreinte,
            fichiers_connus.lecture,
            false as est_actif
        from fichiers_connus
        left join fichiers_lus on fichiers_connus._file_id = fichiers_lus._file_id
        where fichiers_connus.est_actif and fichiers_lus._file_id is null
    )
{%- else -%}
fichiers_changes as (
    select
        *,
        true as est_actif
    from fichiers_lus
)
{%- endif %}

select
    _file_id,
    famille,
    est_provisoire,
    est_actif,
    livre_a,
    chemin,
    vu_a,
    empreinte,
    lecture,
    {{ version_et_generation() }}
from fichiers_changes
