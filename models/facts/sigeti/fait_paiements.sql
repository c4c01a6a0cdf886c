{{ config(
    incremental_strategy='difference',
    unique_key='id_paiement',
    pre_hook="{{ joindre_par_hachage() }}",
) }}

with paiements as (
    select * from {{ ref('stg_sigeti__paiements') }}
),

factures as (
    select * from {{ ref('fait_factures') }}
),

entreprises as (
    select * from {{ ref('dim_entreprises') }}
),

paiements_ordonnes as (
    select
        id_paiement,
        reference_paiement,
        id_facture,
        coalesce(date_paiement, date_saisie) as date_encaissement,
        date_paiement,
        mode_paiement,
        coalesce(statut_paiement, 'INCONNU') as statut_paiement,
        montant_paiement,
        coalesce(statut_paiement = 'REUSSI', false) as est_confirme,
        -- What is confirmed up to this payment, itself included if it is.
        sum(
            case when statut_paiement = 'REUSSI' then montant_paiement else 0 end
        ) over (
            partition by id_facture
            order by coalesce(date_paiement, date_saisie), id_paiement
            rows between unbounded preceding and current row
        ) as cumul_encaisse,
        _run_id
    from paiements
),

paiements_imputes as (
    select
        paiements_ordonnes.*,
        factures.id_facture is not null as a_une_facture,
        factures.code_entreprise,
        factures.code_zone_industrielle,
        factures.date_facture,
        factures.montant_total as montant_facture,
        case
            when factures.id_facture is not null
                then greatest(
                    factures.montant_total - paiements_ordonnes.cumul_encaisse, 0
                )
        end as reste_a_payer,
        case
            when not paiements_ordonnes.est_confirme then 0
            else least(
                paiements_ordonnes.montant_paiement,
                greatest(
                    factures.montant_total
                    - paiements_ordonnes.cumul_encaisse
                    + paiements_ordonnes.montant_paiement,
                    0
                )
            )
        end as montant_impute
    from paiements_ordonnes
    left join factures
        on paiements_ordonnes.id_facture = factures.id_facture
)

select
    paiements.id_paiement,
    paiements.reference_paiement,
    paiements.id_facture,
    coalesce(paiements.code_entreprise, 'INCONNU') as code_entreprise,
    coalesce(entreprises.cle_entreprise, 'INCONNU') as cle_entreprise,
    coalesce(paiements.code_zone_industrielle, 'INCONNU') as code_zone_industrielle,
    paiements.date_encaissement,
    paiements.date_paiement,
    paiements.mode_paiement,
    paiements.statut_paiement,
    paiements.montant_paiement,
    paiements.montant_facture,
    case
        when paiements.a_une_facture then paiements.montant_impute
    end as montant_impute,
    case
        when paiements.a_une_facture and paiements.est_confirme
            then paiements.montant_paiement - paiements.montant_impute
    end as excedent,
    paiements.cumul_encaisse,
    paiements.reste_a_payer,
    {{ jours_entre(
        'paiements.date_facture', 'paiements.date_encaissement'
    ) }} as delai_encaissement_jours,
    paiements.est_confirme,
    not paiements.est_confirme as est_en_attente,
    coalesce(paiements.est_confirme and paiements.reste_a_payer = 0, false)
        as paiement_complet,
    coalesce(paiements.est_confirme and paiements.reste_a_payer > 0, false)
        as paiement_partiel,
    {{ dbt.current_timestamp() }} as created_at,
    paiements._run_id
from paiements_imputes as paiements
left join entreprises
    on
        paiements.code_entreprise = entreprises.code_entreprise
        and {{ version_du_jour('entreprises', 'paiements.date_encaissement') }}
