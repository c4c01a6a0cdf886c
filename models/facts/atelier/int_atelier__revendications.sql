-- noqa: disable=LT02
-- (Branches are indented for the reader, not as one of them compiles.)
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['_file_id', 'code_centre_usinage', 'date_production'],
    indexes=[
        {'columns': ['version']},
        {'columns': ['code_centre_usinage', 'date_production']},
    ],
    pre_hook="{{ joindre_par_hachage() }}",
    post_hook="{{ publier() }}",
) }}

with fichiers as (
    select * from {{ ref('int_atelier__fichiers') }}
),

jours as (
    select * from {{ ref('int_atelier__jours_lus') }}
    where date_jour is not null
),

dossiers as (
    select * from {{ ref('stg_atelier__dossiers') }}
),

moments as (
    {% for moment in ['premier', 'dernier'] -%}
        select
            _file_id,
            dossier,
            {{ moment }} as horodatage,
            remplace_a
        from jours
        {{ 'union all' if not loop.last }}
    {% endfor -%}
),

-- A civil day holds parts of two production days at most: that of its first event and
-- that of its last one.
revendications as (
    select distinct
        fichiers._file_id,
        fichiers.nom_logique,
        moments.dossier,
        coalesce(dossiers.code_centre_usinage, 'INCONNU') as code_centre_usinage,
        {{ jour_de_production('moments.horodatage', 'dossiers.minutes_avant_journee') }}
            as date_production,
        coalesce(dossiers.minutes_avant_journee, 240) as minutes_avant_journee,
        moments.remplace_a
    from fichiers
    inner join moments on fichiers._file_id = moments._file_id
    left join dossiers on {{ dossier_compare('moments.dossier') }} = dossiers.dossier
),

{% if is_incremental() -%}
    ecrites as (
        select * from {{ this }}
    ),

    revendications_changees as (
        select
            revendications.*,
            true as est_active
        from revendications
        left join ecrites
            on
                revendications._file_id = ecrites._file_id
                and revendications.code_centre_usinage = ecrites.code_centre_usinage
                and revendications.date_production = ecrites.date_production
        where
            ecrites._file_id is null
            or not ecrites.est_active
            or ecrites.minutes_avant_journee <> revendications.minutes_avant_journee
            or {{ lecture_de('ecrites') }} is distinct from revendications.remplace_a
        union all
        -- Overtaken, withdrawn, or moved by a seed: it stays as one that no longer
        -- counts.
        select
            ecrites._file_id,
            ecrites.nom_logique,
            ecrites.dossier,
            ecrites.code_centre_usinage,
            ecrites.date_production,
            ecrites.minutes_avant_journee,
            {{ lecture_de('ecrites') }} as remplace_a,
            false as est_active
        from ecrites
        left join revendications
            on
                ecrites._file_id = revendications._file_id
                and ecrites.code_centre_usinage = revendications.code_centre_usinage
                and ecrites.date_production = revendications.date_production
        where ecrites.est_active and revendications._file_id is null
    )
{%- else -%}
revendications_changees as (
    select
        *,
        true as est_active
    from revendications
)
{%- endif %}

select
    _file_id,
    nom_logique,
    dossier,
    code_centre_usinage,
    date_production,
    minutes_avant_journee,
    est_active,
    remplace_a,
    {{ version_et_generation() }}
from revendications_changees
