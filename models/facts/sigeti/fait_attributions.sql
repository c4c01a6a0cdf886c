{{ config(
    incremental_strategy='difference',
    unique_key='id_demande',
    pre_hook="{{ joindre_par_hachage() }}",
    tags=['daily'],
) }}

with demandes as (
    select * from {{ ref('stg_sigeti__demandes_attribution') }}
),

lots_demandes as (
    select * from {{ ref('int_sigeti__lots_demandes') }}
),

decisions as (
    select * from {{ ref('int_sigeti__decisions') }}
),

zones as (
    select * from {{ ref('dim_zones_industrielles') }}
),

entreprises as (
    select * from {{ ref('dim_entreprises') }}
),

lots as (
    select * from {{ ref('dim_lots') }}
),

etapes as (
    select * from {{ ref('dim_etapes') }}
),

seuils as (
    select * from {{ ref('dim_seuils_sigeti') }}
),

demandes_decidees as (
    select
        demandes.*,
        decisions.date_decision,
        decisions.source_decision,
        demandes.statut_demande = 'VALIDE' as est_approuve,
        demandes.statut_demande = 'REJETE' as est_rejete,
        demandes.statut_demande in ('EN_COURS', 'DOCUMENTS_REJETES') as est_en_attente,
        {{ jours_entre('demandes.date_demande', 'decisions.date_decision') }}
            as delai_traitement_jours,
        case
            when demandes.statut_demande in ('EN_COURS', 'DOCUMENTS_REJETES')
                then {{ jours_entre('demandes.date_demande', aujourd_hui()) }}
        end as age_jours
    from demandes
    left join decisions
        on demandes.id_demande = decisions.id_demande
)

select
    demandes.id_demande,
    demandes.reference_demande,
    coalesce(entreprises.code_entreprise, 'INCONNU') as code_entreprise,
    coalesce(entreprises.cle_entreprise, 'INCONNU') as cle_entreprise,
    coalesce(lots.code_lot, 'INCONNU') as code_lot,
    coalesce(lots.cle_lot, 'INCONNU') as cle_lot,
    coalesce(
        zones_des_lots.code_zone_industrielle, zones.code_zone_industrielle, 'INCONNU'
    ) as code_zone_industrielle,
    coalesce(etapes.code_etape, 0) as code_etape,
    demandes.date_demande,
    demandes.date_decision,
    demandes.source_decision,
    coalesce(demandes.statut_demande, 'INCONNU') as statut_demande,
    coalesce(demandes.type_demande, 'INCONNU') as type_demande,
    demandes.priorite,
    coalesce(lots_demandes.nb_lots, 0) as nb_lots,
    case
        when lots_demandes.nb_lots > 0 then lots_demandes.superficie_m2
        else demandes.superficie_formulaire
    end as superficie_demandee,
    lots_demandes.prix as montant_attribution,
    demandes.financement_prevu,
    demandes.emplois_prevus,
    demandes.delai_traitement_jours,
    demandes.age_jours,
    coalesce(demandes.est_approuve, false) as est_approuve,
    coalesce(demandes.est_rejete, false) as est_rejete,
    coalesce(demandes.est_en_attente, false) as est_en_attente,
    coalesce(
        {{ classe_de(
            'delai_legal', 'coalesce(demandes.delai_traitement_jours, demandes.age_jours)'
        ) }} = 'HORS_DELAI', false
    ) as est_hors_delai,
    {{ dbt.current_timestamp() }} as created_at,
    demandes._run_id
from demandes_decidees as demandes
left join lots_demandes
    on demandes.id_demande = lots_demandes.id_demande
left join zones as zones_des_lots
    on lots_demandes.id_zone_industrielle = zones_des_lots.id_zone_industrielle
left join zones
    on demandes.id_zone_industrielle = zones.id_zone_industrielle
left join entreprises
    on
        cast(demandes.id_entreprise as {{ dbt.type_string() }})
        = entreprises.code_entreprise
        and {{ version_du_jour('entreprises', 'demandes.date_demande') }}
left join lots
    on
        cast(lots_demandes.id_lot as {{ dbt.type_string() }}) = lots.code_lot
        and {{ version_du_jour('lots', 'demandes.date_demande') }}
left join etapes
    on demandes.etape_courante = etapes.code_etape
