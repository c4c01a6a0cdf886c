{{ config(
    incremental_strategy='difference',
    unique_key='id_facture',
    pre_hook="{{ joindre_par_hachage() }}",
    tags=['daily'],
) }}

with factures as (
    select * from {{ ref('stg_sigeti__factures') }}
    where not est_supprimee
),

zones_factures as (
    select * from {{ ref('int_sigeti__zones_factures') }}
),

lignes as (
    select
        id_facture,
        cast(count(*) as integer) as nb_lignes,
        sum(montant_ligne) as montant_lignes
    from {{ ref('stg_sigeti__detail_factures') }}
    group by id_facture
),

encaissements as (
    select
        id_facture,
        sum(montant_paiement) as montant_encaisse
    from {{ ref('stg_sigeti__paiements') }}
    where statut_paiement = 'REUSSI'
    group by id_facture
),

tarifs as (
    select
        code_tarif,
        max(montant) as montant_tarif
    from {{ ref('stg_sigeti__tarifs') }}
    group by code_tarif
),

entreprises as (
    select * from {{ ref('dim_entreprises') }}
),

seuils as (
    select * from {{ ref('dim_seuils_sigeti') }}
),

factures_jugees as (
    select
        *,
        date_paiement is not null as est_paye,
        coalesce(statut_facture, '') not in ('ANNULEE', 'REMBOURSEE') as est_exigible
    from factures
),

-- Delays of what was paid and ages of what is open: no invoice has both.
factures_datees as (
    select
        *,
        est_exigible and not est_paye as est_ouverte,
        {{ jours_entre('date_facture', 'date_paiement') }} as delai_paiement_jours,
        case
            when est_exigible and not est_paye
                then {{ jours_entre('date_facture', aujourd_hui()) }}
        end as age_jours,
        case
            when est_exigible
                then coalesce(
                    date_echeance < coalesce(
                        date_paiement, {{ aujourd_hui() }}
                    ), false
                )
            else false
        end as est_en_retard
    from factures_jugees
)

select
    factures.id_facture,
    factures.numero_facture,
    coalesce(entreprises.code_entreprise, 'INCONNU') as code_entreprise,
    coalesce(entreprises.cle_entreprise, 'INCONNU') as cle_entreprise,
    zones_factures.code_zone_industrielle,
    zones_factures.chemin_zone,
    factures.id_demande,
    factures.id_collecte,
    factures.date_facture,
    factures.date_echeance,
    factures.date_paiement,
    coalesce(factures.statut_facture, 'INCONNU') as statut_facture,
    coalesce(factures.processus_origine, 'INCONNU') as processus_origine,
    factures.montant_total,
    factures.sous_total,
    factures.montant_total - factures.sous_total as taxes,
    coalesce(lignes.nb_lignes, 0) as nb_lignes,
    lignes.montant_lignes,
    tarifs.montant_tarif,
    coalesce(encaissements.montant_encaisse, 0) as montant_encaisse,
    case
        when factures.est_ouverte
            then greatest(
                factures.montant_total - coalesce(encaissements.montant_encaisse, 0), 0
            )
        else 0
    end as reste_a_payer,
    factures.delai_paiement_jours,
    factures.age_jours,
    {{ classe_de('anciennete', 'factures.age_jours') }} as tranche_age,
    factures.est_exigible,
    factures.est_paye,
    factures.est_ouverte,
    factures.est_en_retard,
    {{ dbt.current_timestamp() }} as created_at,
    factures._run_id
from factures_datees as factures
inner join zones_factures
    on factures.id_facture = zones_factures.id_facture
left join lignes
    on factures.id_facture = lignes.id_facture
left join encaissements
    on factures.id_facture = encaissements.id_facture
left join tarifs
    on factures.processus_origine = tarifs.code_tarif
left join entreprises
    on
        cast(factures.id_entreprise as {{ dbt.type_string() }})
        = entreprises.code_entreprise
        and {{ version_du_jour('entreprises', 'factures.date_facture') }}
