with historique as (
    select * from {{ ref('snap_erp__fournis') }}
),

versions as (
    select
        {{ colonnes_fournisseurs() }},
        dbt_valid_from,
        dbt_valid_to
    from historique
    where not {{ est_exclue_erp('fournis') }}
)

select
    {{ colonnes_de_version('versions', 'code_fournisseur', 'cle_fournisseur') }},
    versions.code_fournisseur,
    coalesce(versions.nom_fournisseur, versions.code_fournisseur) as nom_fournisseur,
    versions.ville,
    versions.pays,
    versions.code_famille_fournisseur,
    versions.montant_franco,
    versions.montant_minimum,
    versions.delai_livraison_jours,
    versions.delai_appro_jours,
    versions.coefficient_achat,
    versions.coefficient_vente,
    versions.siret,
    versions.code_ape,
    versions.code_acheteur,
    versions.notation,
    versions.date_creation,
    versions.date_modification
from versions
union all
select
    {{ colonnes_de_membre('INCONNU', 'cle_fournisseur') }},
    'INCONNU' as code_fournisseur,
    'Inconnu' as nom_fournisseur,
    cast(null as {{ dbt.type_string() }}) as ville,
    cast(null as {{ dbt.type_string() }}) as pays,
    cast(null as {{ dbt.type_string() }}) as code_famille_fournisseur,
    cast(null as numeric(17, 2)) as montant_franco,
    cast(null as numeric(17, 2)) as montant_minimum,
    cast(null as integer) as delai_livraison_jours,
    cast(null as integer) as delai_appro_jours,
    cast(null as numeric(17, 4)) as coefficient_achat,
    cast(null as numeric(17, 4)) as coefficient_vente,
    cast(null as {{ dbt.type_string() }}) as siret,
    cast(null as {{ dbt.type_string() }}) as code_ape,
    cast(null as {{ dbt.type_string() }}) as code_acheteur,
    cast(null as {{ dbt.type_string() }}) as notation,
    cast(null as date) as date_creation,
    cast(null as date) as date_modification
