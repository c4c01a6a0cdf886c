with historique as (
    select * from {{ ref('snap_erp__produit') }}
),

fournisseurs as (
    select * from {{ ref('dim_fournisseur') }}
),

libelles as (
    select * from {{ ref('int_erp__libelles') }}
),

versions as (
    select
        {{ colonnes_produits() }},
        dbt_valid_from,
        dbt_valid_to
    from historique
    where not {{ est_exclue_erp('produit') }}
)

select
    {{ colonnes_de_version('versions', 'code_produit', 'cle_produit') }},
    versions.code_produit,
    coalesce(versions.nom_produit, versions.code_produit) as nom_produit,
    versions.nom_produit_2,
    versions.reference_interne,
    versions.reference_externe,
    versions.type_element,
    versions.statut_produit,
    {{ libelle_statut_erp('versions.statut_produit') }} as libelle_statut,
    versions.code_groupe,
    coalesce(familles.code, 'INCONNU') as code_famille,
    coalesce(familles.libelle, 'Inconnue') as libelle_famille,
    coalesce(sous_familles.code, 'INCONNU') as code_sous_famille,
    coalesce(sous_familles.libelle, 'Inconnue') as libelle_sous_famille,
    versions.marque,
    coalesce(fournisseurs.code_fournisseur, 'INCONNU') as code_fournisseur,
    coalesce(versions.qualite, 'INCONNU') as qualite,
    -- What is traded. What is not said of an item does not take it out, but for its
    -- type, its status and its group, which it must have.
    coalesce(
        versions.type_element in ('AR', 'ARC')
        and versions.statut_produit < 9
        and versions.code_groupe in ('BU', 'TR')
        and versions.code_produit <> '1'
        and not coalesce(versions.est_consigne, false)
        and coalesce(upper(versions.reference_interne), '') not like 'C%',
        false
    ) as est_dans_le_filtre,
    versions.est_consigne,
    versions.est_gere_en_stock,
    versions.est_multi_fournisseur,
    versions.poids_net,
    versions.gencode,
    versions.code_produit_remplacant,
    versions.prix_vente_reference,
    versions.prix_achat_reference,
    versions.pmp,
    versions.prix_revient,
    versions.prix_standard,
    versions.coefficient_1,
    versions.date_creation,
    versions.date_modification
from versions
left join libelles as familles
    on versions.code_famille = familles.code and familles.type_table = 'FA'
left join libelles as sous_familles
    on
        versions.code_sous_famille = sous_familles.code
        and sous_familles.type_table = 'SF'
left join fournisseurs
    on
        versions.code_fournisseur = fournisseurs.code_fournisseur
        and fournisseurs.est_derniere_version
union all
select
    {{ colonnes_de_membre('INCONNU', 'cle_produit') }},
    'INCONNU' as code_produit,
    'Inconnu' as nom_produit,
    cast(null as {{ dbt.type_string() }}) as nom_produit_2,
    cast(null as {{ dbt.type_string() }}) as reference_interne,
    cast(null as {{ dbt.type_string() }}) as reference_externe,
    cast(null as {{ dbt.type_string() }}) as type_element,
    cast(null as integer) as statut_produit,
    'Inconnu' as libelle_statut,
    cast(null as {{ dbt.type_string() }}) as code_groupe,
    'INCONNU' as code_famille,
    'Inconnue' as libelle_famille,
    'INCONNU' as code_sous_famille,
    'Inconnue' as libelle_sous_famille,
    cast(null as {{ dbt.type_string() }}) as marque,
    'INCONNU' as code_fournisseur,
    'INCONNU' as qualite,
    false as est_dans_le_filtre,
    cast(null as boolean) as est_consigne,
    cast(null as boolean) as est_gere_en_stock,
    cast(null as boolean) as est_multi_fournisseur,
    cast(null as numeric(17, 3)) as poids_net,
    cast(null as {{ dbt.type_string() }}) as gencode,
    cast(null as {{ dbt.type_string() }}) as code_produit_remplacant,
    cast(null as numeric(17, 4)) as prix_vente_reference,
    cast(null as numeric(17, 4)) as prix_achat_reference,
    cast(null as numeric(17, 4)) as pmp,
    cast(null as numeric(17, 4)) as prix_revient,
    cast(null as numeric(17, 4)) as prix_standard,
    cast(null as numeric(17, 4)) as coefficient_1,
    cast(null as date) as date_creation,
    cast(null as date) as date_modification
