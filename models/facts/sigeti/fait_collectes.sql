{{ config(
    incremental_strategy='difference',
    unique_key='id_collecte',
    pre_hook="{{ joindre_par_hachage() }}",
    tags=['daily'],
) }}

with collectes as (
    select * from {{ ref('stg_sigeti__collectes') }}
),

collecte_zones as (
    select * from {{ ref('stg_sigeti__collecte_zones') }}
),

collecte_agents as (
    select * from {{ ref('stg_sigeti__collecte_agents') }}
),

zones as (
    select * from {{ ref('dim_zones_industrielles') }}
),

-- Counted apart: a join of campaigns with zones and agents would multiply the amounts.
zones_par_collecte as (
    select
        collecte_zones.id_collecte,
        count(distinct zones.code_zone_industrielle) as nb_zones,
        max(zones.code_zone_industrielle) as code_zone_industrielle
    from collecte_zones
    inner join zones
        on collecte_zones.id_zone_industrielle = zones.id_zone_industrielle
    group by collecte_zones.id_collecte
),

agents_par_collecte as (
    select
        id_collecte,
        count(distinct id_agent) as nb_agents
    from collecte_agents
    group by id_collecte
)

select
    collectes.id_collecte,
    collectes.reference_collecte,
    case
        when zones_par_collecte.nb_zones > 1 then 'PLUSIEURS'
        else coalesce(zones_par_collecte.code_zone_industrielle, 'INCONNU')
    end as code_zone_industrielle,
    cast(coalesce(zones_par_collecte.nb_zones, 0) as integer) as nb_zones,
    cast(coalesce(agents_par_collecte.nb_agents, 0) as integer) as nb_agents,
    collectes.date_debut,
    collectes.date_fin_prevue,
    collectes.date_cloture,
    coalesce(collectes.statut_collecte, 'INCONNU') as statut_collecte,
    coalesce(collectes.statut_cloture, 'INCONNU') as statut_cloture,
    collectes.montant_a_recouvrer,
    collectes.montant_recouvre,
    collectes.montant_a_recouvrer - collectes.montant_recouvre as montant_restant,
    {{ pourcentage('collectes.montant_recouvre', 'collectes.montant_a_recouvrer') }}
        as taux_recouvrement,
    {{ jours_entre('collectes.date_debut', 'collectes.date_fin_prevue') }}
        as duree_prevue_jours,
    case
        when collectes.statut_cloture = 'CLOTUREE'
            then {{ jours_entre('collectes.date_debut', 'collectes.date_cloture') }}
    end as duree_reelle_jours,
    case
        when
            coalesce(collectes.statut_cloture, '') <> 'CLOTUREE'
            and collectes.date_debut <= {{ aujourd_hui() }}
            then {{ jours_entre('collectes.date_debut', aujourd_hui()) }}
    end as age_jours,
    coalesce(collectes.statut_cloture = 'CLOTUREE', false) as est_cloturee,
    collectes.montant_recouvre >= collectes.montant_a_recouvrer as est_complete,
    {{ dbt.current_timestamp() }} as created_at,
    collectes._run_id
from collectes
left join zones_par_collecte
    on collectes.id_collecte = zones_par_collecte.id_collecte
left join agents_par_collecte
    on collectes.id_collecte = agents_par_collecte.id_collecte
