{{ config(materialized='ephemeral') }}

with factures as (
    select * from {{ ref('stg_sigeti__factures') }}
    where not est_supprimee
),

attributions as (
    select * from {{ ref('fait_attributions') }}
),

collectes as (
    select * from {{ ref('fait_collectes') }}
),

collecte_zones as (
    select * from {{ ref('stg_sigeti__collecte_zones') }}
),

lots as (
    select * from {{ ref('stg_sigeti__lots') }}
),

zones as (
    select * from {{ ref('dim_zones_industrielles') }}
),

-- Of the zones of a campaign the one in which the company holds lots, if it is one.
-- A campaign whose row was rejected is none, here as on the path before.
zones_des_redevables as (
    select
        factures.id_facture,
        max(zones.code_zone_industrielle) as code_zone_industrielle
    from factures
    inner join collectes
        on factures.id_collecte = collectes.id_collecte
    inner join collecte_zones
        on collectes.id_collecte = collecte_zones.id_collecte
    inner join lots
        on
            factures.id_entreprise = lots.id_entreprise
            and collecte_zones.id_zone_industrielle = lots.id_zone_industrielle
    inner join zones
        on lots.id_zone_industrielle = zones.id_zone_industrielle
    group by factures.id_facture
    having count(distinct zones.code_zone_industrielle) = 1
),

-- Companies whose lots all lie in one zone.
zones_des_entreprises as (
    select
        lots.id_entreprise,
        max(zones.code_zone_industrielle) as code_zone_industrielle
    from lots
    inner join zones
        on lots.id_zone_industrielle = zones.id_zone_industrielle
    group by lots.id_entreprise
    having count(distinct zones.code_zone_industrielle) = 1
)

select
    factures.id_facture,
    coalesce(
        attributions.code_zone_industrielle,
        collectes.code_zone_industrielle,
        zones_des_redevables.code_zone_industrielle,
        zones_des_entreprises.code_zone_industrielle,
        'INCONNU'
    ) as code_zone_industrielle,
    case
        when attributions.code_zone_industrielle is not null then 'DEMANDE'
        when collectes.code_zone_industrielle is not null then 'COLLECTE'
        when zones_des_redevables.code_zone_industrielle is not null
            then 'COLLECTE_LOTS'
        when zones_des_entreprises.code_zone_industrielle is not null then 'ENTREPRISE'
        else 'INCONNU'
    end as chemin_zone
from factures
left join attributions
    on
        factures.id_demande = attributions.id_demande
        and attributions.code_zone_industrielle <> 'INCONNU'
left join collectes
    on
        factures.id_collecte = collectes.id_collecte
        and collectes.nb_zones = 1
left join zones_des_redevables
    on factures.id_facture = zones_des_redevables.id_facture
left join zones_des_entreprises
    on factures.id_entreprise = zones_des_entreprises.id_entreprise
