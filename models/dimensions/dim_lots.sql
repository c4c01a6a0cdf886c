with historique as (
    select * from {{ ref('snap_sigeti__lots') }}
),

zones as (
    select * from {{ ref('dim_zones_industrielles') }}
),

versions as (
    select
        {{ colonnes_lots() }},
        dbt_valid_from,
        dbt_valid_to
    from historique
    where {{ motif_de_rejet('lots') }} is null
)

select
    {{ colonnes_de_version('versions', 'id_lot', 'cle_lot') }},
    cast(versions.id_lot as {{ dbt.type_string() }}) as code_lot,
    versions.numero_lot,
    versions.ilot,
    coalesce(zones.code_zone_industrielle, 'INCONNU') as code_zone_industrielle,
    coalesce(cast(versions.id_entreprise as {{ dbt.type_string() }}), 'INCONNU')
        as code_entreprise,
    versions.statut_lot,
    versions.priorite,
    versions.est_viabilise,
    versions.superficie_m2,
    versions.prix,
    versions.date_acquisition,
    versions.date_reservation,
    versions.date_fin_option
from versions
left join zones
    on versions.id_zone_industrielle = zones.id_zone_industrielle
union all
select
    {{ colonnes_de_membre('INCONNU', 'cle_lot') }},
    'INCONNU' as code_lot,
    'INCONNU' as numero_lot,
    cast(null as {{ dbt.type_string() }}) as ilot,
    'INCONNU' as code_zone_industrielle,
    'INCONNU' as code_entreprise,
    'INCONNU' as statut_lot,
    cast(null as {{ dbt.type_string() }}) as priorite,
    cast(null as boolean) as est_viabilise,
    cast(null as numeric(17, 2)) as superficie_m2,
    cast(null as numeric(17, 2)) as prix,
    cast(null as date) as date_acquisition,
    cast(null as date) as date_reservation,
    cast(null as date) as date_fin_option
