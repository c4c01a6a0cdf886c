{{ config(materialized='ephemeral') }}

with entetes as (
    select * from {{ ref('stg_commandes__entetes') }}
),

journal as (
    select * from {{ ref('stg_commandes__journal') }}
),

operations as (
    select * from {{ ref('stg_commandes__operations') }}
),

statuts as (
    select
        {{ libelle_normalise('libelle') }} as libelle,
        status,
        est_retenu
    from {{ ref('statuts_commandes') }}
),

entetes_normalises as (
    select
        *,
        {{ libelle_normalise('status') }} as status_normalise
    from entetes
),

-- Of several labels that a status begins with, the longest.
entetes_classes as (
    select
        entetes.id_commande,
        statuts.status,
        statuts.est_retenu,
        row_number() over (
            partition by entetes.id_commande
            order by length(statuts.libelle) desc, statuts.status
        ) as rang
    from entetes_normalises as entetes
    inner join statuts
        on {{ est_du_statut('entetes.status_normalise', 'statuts.libelle') }}
),

planifications as (
    select
        id_commande,
        max(moment_evenement) as date_modification,
        min(case when est_planification then date_evenement end) as date_planification,
        max(_run_id) as _run_id,
        max(_loaded_at) as _loaded_at
    from journal
    group by id_commande
    having max(case when est_planification then 1 else 0 end) = 1
),

stocks as (
    select
        id_commande,
        max(case when est_du_stock then 1 else 0 end) = 1 as gestion_en_stock,
        max(_run_id) as _run_id,
        max(_loaded_at) as _loaded_at
    from operations
    group by id_commande
)

select
    entetes.id_commande,
    entetes.type_commande,
    entetes.numero_commande,
    entetes.extension,
    entetes.nature_commande,
    entetes.systeme,
    entetes_classes.status,
    entetes.montant_ht,
    planifications.date_modification,
    planifications.date_planification,
    coalesce(stocks.gestion_en_stock, false) as gestion_en_stock,
    greatest(entetes._run_id, planifications._run_id, stocks._run_id) as _run_id,
    greatest(
        entetes._loaded_at, planifications._loaded_at, stocks._loaded_at
    ) as _loaded_at
from entetes
inner join entetes_classes
    on entetes.id_commande = entetes_classes.id_commande
inner join planifications
    on entetes.id_commande = planifications.id_commande
left join stocks
    on entetes.id_commande = stocks.id_commande
where
    entetes_classes.rang = 1
    and entetes_classes.est_retenu
