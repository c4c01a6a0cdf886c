{{ config(materialized='ephemeral') }}

with demandes as (
    select * from {{ ref('stg_sigeti__demandes_attribution') }}
    where statut_demande in ('VALIDE', 'REJETE')
),

historique as (
    select * from {{ ref('stg_sigeti__historique_demandes') }}
),

decisions as (
    select * from {{ ref('stg_sigeti__decisions_commission') }}
),

-- The last day on which the request took the status that it has: an edit is none.
changements as (
    select
        demandes.id_demande,
        max(historique.date_action) as date_action
    from demandes
    inner join historique
        on
            demandes.id_demande = historique.id_demande
            and demandes.statut_demande = historique.statut_apres
            and coalesce(historique.statut_avant, '') <> historique.statut_apres
    group by demandes.id_demande
),

avis as (
    select
        demandes.id_demande,
        max(decisions.date_decision) as date_decision
    from demandes
    inner join decisions
        on
            demandes.id_demande = decisions.id_demande
            and decisions.decision
            = case demandes.statut_demande when 'REJETE' then 'REJET' else 'VALIDE' end
    group by demandes.id_demande
)

select
    demandes.id_demande,
    coalesce(changements.date_action, avis.date_decision) as date_decision,
    case
        when changements.date_action is not null then 'HISTORIQUE'
        when avis.date_decision is not null then 'COMMISSION'
    end as source_decision
from demandes
left join changements
    on demandes.id_demande = changements.id_demande
left join avis
    on demandes.id_demande = avis.id_demande
