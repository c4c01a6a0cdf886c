{{ config(materialized='ephemeral') }}

with demandes as (
    select * from {{ ref('stg_sigeti__demandes_attribution') }}
),

demande_lots as (
    select * from {{ ref('stg_sigeti__demande_lots') }}
),

lots as (
    select * from {{ ref('stg_sigeti__lots') }}
),

-- The lot of the request itself comes before those of its list.
lots_cites as (
    select
        id_demande,
        id_lot,
        0 as est_de_la_liste,
        0 as ordre
    from demandes
    union all
    select
        id_demande,
        id_lot,
        1 as est_de_la_liste,
        ordre
    from demande_lots
),

-- A lot that is cited twice counts once.
lots_ranges as (
    select
        lots_cites.id_demande,
        lots.id_lot,
        lots.id_zone_industrielle,
        lots.superficie_m2,
        lots.prix,
        row_number() over (
            partition by lots_cites.id_demande
            order by
                min(lots_cites.est_de_la_liste), min(lots_cites.ordre), lots.id_lot
        ) as rang
    from lots_cites
    inner join lots
        on lots_cites.id_lot = lots.id_lot
    group by
        lots_cites.id_demande,
        lots.id_lot,
        lots.id_zone_industrielle,
        lots.superficie_m2,
        lots.prix
)

select
    id_demande,
    cast(count(*) as integer) as nb_lots,
    sum(superficie_m2) as superficie_m2,
    sum(prix) as prix,
    max(case when rang = 1 then id_lot end) as id_lot,
    max(case when rang = 1 then id_zone_industrielle end) as id_zone_industrielle
from lots_ranges
group by id_demande
