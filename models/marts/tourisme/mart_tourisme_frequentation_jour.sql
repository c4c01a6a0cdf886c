{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    indexes=[{'columns': ['date_jour', 'code_zone']}],
    pre_hook="{{ oublier_les_pas(faits_par_jour()) }}",
    post_hook="{{ appliquer(faits_par_jour().values()) }}",
) }}
{%- set suivi = suivre(faits_par_jour()) %}

with jours_changes as (
    select distinct
        code_zone,
        date_jour
    from ({{ tranches_a_relire(suivi) }}) as tranches
),

dates as (
    select * from {{ ref('dim_date') }}
),

volumes as (
    select
        code_zone,
        date_jour,
        code_provenance,
        code_categorie,
        volume as nuitees,
        cast(null as bigint) as presences,
        est_provisoire,
        _run_id
    from {{ ref('fait_nuitees') }}
    where {{ jour_a_relire('date_jour', suivi) }}
    union all
    select
        code_zone,
        date_jour,
        code_provenance,
        code_categorie,
        cast(null as bigint) as nuitees,
        volume as presences,
        est_provisoire,
        _run_id
    from {{ ref('fait_diurnes') }}
    where {{ jour_a_relire('date_jour', suivi) }}
),

volumes_des_jours_changes as (
    select
        volumes.code_zone,
        volumes.date_jour,
        volumes.code_provenance,
        volumes.code_categorie,
        cast(sum(volumes.nuitees) as bigint) as nuitees,
        cast(sum(volumes.presences) as bigint) as presences,
        {{ dbt.bool_or('volumes.est_provisoire') }} as est_provisoire,
        max(volumes._run_id) as _run_id
    from volumes
    inner join jours_changes
        on
            volumes.code_zone = jours_changes.code_zone
            and volumes.date_jour = jours_changes.date_jour
    group by
        volumes.code_zone,
        volumes.date_jour,
        volumes.code_provenance,
        volumes.code_categorie
)

select
    volumes.code_zone,
    volumes.date_jour,
    volumes.code_provenance,
    volumes.code_categorie,
    dates.annee,
    dates.mois,
    dates.numero_jour,
    dates.jour_semaine,
    volumes.nuitees,
    volumes.presences,
    volumes.est_provisoire,
    volumes._run_id
from volumes_des_jours_changes as volumes
inner join dates
    on volumes.date_jour = dates.date_jour
