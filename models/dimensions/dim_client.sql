with historique as (
    select * from {{ ref('snap_erp__client') }}
),

depots as (
    select * from {{ ref('dim_depot') }}
),

versions as (
    select
        {{ colonnes_clients() }},
        dbt_valid_from,
        dbt_valid_to
    from historique
    where not {{ est_exclue_erp('client') }}
)

select
    {{ colonnes_de_version('versions', 'code_client', 'cle_client') }},
    versions.code_client,
    coalesce(versions.nom_client, versions.code_client) as nom_client,
    versions.ville,
    versions.pays,
    versions.type_element,
    versions.statut_client,
    {{ libelle_statut_erp('versions.statut_client') }} as libelle_statut,
    coalesce(versions.statut_client in (1, 8), false) as est_bloque,
    coalesce(versions.statut_client = 9, false) as est_a_supprimer,
    coalesce(versions.code_famille_client, 'INCONNU') as code_famille_client,
    coalesce(depots.code_depot, 'INCONNU') as code_depot,
    versions.numero_tarif,
    versions.code_tarif,
    versions.code_commercial_1,
    versions.code_commercial_2,
    versions.montant_franco,
    versions.date_creation,
    versions.date_modification
from versions
left join depots
    on versions.code_depot = depots.code_depot
union all
select
    {{ colonnes_de_membre('INCONNU', 'cle_client') }},
    'INCONNU' as code_client,
    'Inconnu' as nom_client,
    cast(null as {{ dbt.type_string() }}) as ville,
    cast(null as {{ dbt.type_string() }}) as pays,
    cast(null as {{ dbt.type_string() }}) as type_element,
    cast(null as integer) as statut_client,
    'Inconnu' as libelle_statut,
    false as est_bloque,
    false as est_a_supprimer,
    'INCONNU' as code_famille_client,
    'INCONNU' as code_depot,
    cast(null as integer) as numero_tarif,
    cast(null as {{ dbt.type_string() }}) as code_tarif,
    cast(null as {{ dbt.type_string() }}) as code_commercial_1,
    cast(null as {{ dbt.type_string() }}) as code_commercial_2,
    cast(null as numeric(17, 2)) as montant_franco,
    cast(null as date) as date_creation,
    cast(null as date) as date_modification
