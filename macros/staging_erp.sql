{#- The columns of customers, suppliers and items, read alike from the source (staging) and from its
    history (the dimensions that keep versions). -#}
{% macro colonnes_clients() -%}
    {{ code_progress('cod_cli') }} as code_client,
    {{ libelle_progress('nom_cli') }} as nom_client,
    {{ texte_progress('adresse_1') }} as adresse_1,
    {{ texte_progress('adresse_2') }} as adresse_2,
    {{ texte_progress('adresse_3') }} as adresse_3,
    {{ libelle_progress('ville') }} as ville,
    {{ code_progress('pays') }} as pays,
    {{ code_progress('typ_elem') }} as type_element,
    statut as statut_client,
    {{ code_progress('famille') }} as code_famille_client,
    {{ code_progress('depot') }} as code_depot,
    no_tarif as numero_tarif,
    {{ code_progress('tarif') }} as code_tarif,
    {{ code_progress('commerc_1') }} as code_commercial_1,
    {{ code_progress('commerc_2') }} as code_commercial_2,
    {{ decimal_erp('mt_franco', 2) }} as montant_franco,
    dat_crt as date_creation,
    dat_mod as date_modification
{%- endmacro %}

{% macro colonnes_fournisseurs() -%}
    {{ code_progress('cod_fou') }} as code_fournisseur,
    {{ libelle_progress('nom_fou') }} as nom_fournisseur,
    {{ texte_progress('adresse_1') }} as adresse_1,
    {{ texte_progress('adresse_2') }} as adresse_2,
    {{ texte_progress('adresse_3') }} as adresse_3,
    {{ libelle_progress('ville') }} as ville,
    {{ code_progress('pays') }} as pays,
    {{ code_progress('famille') }} as code_famille_fournisseur,
    {{ decimal_erp('mt_franco', 2) }} as montant_franco,
    {{ decimal_erp('mt_mini', 2) }} as montant_minimum,
    del_liv_1 as delai_livraison_jours,
    del_appro_1 as delai_appro_jours,
    {{ decimal_erp('coef_ach_1', 4) }} as coefficient_achat,
    {{ decimal_erp('coef_vte_1', 4) }} as coefficient_vente,
    {{ texte_progress('siret') }} as siret,
    {{ code_progress('ape') }} as code_ape,
    {{ code_progress('acheteur') }} as code_acheteur,
    {{ code_progress('notation') }} as notation,
    dat_crt as date_creation,
    dat_mod as date_modification
{%- endmacro %}

{% macro colonnes_produits() -%}
    {{ code_progress('cod_pro') }} as code_produit,
    {{ libelle_progress('nom_pro') }} as nom_produit,
    {{ libelle_progress('nom_pr2') }} as nom_produit_2,
    {{ texte_progress('refint') }} as reference_interne,
    {{ texte_progress('refext') }} as reference_externe,
    {{ code_progress('typ_elem') }} as type_element,
    statut as statut_produit,
    {{ code_progress('groupe') }} as code_groupe,
    {{ code_progress('famille') }} as code_famille,
    {{ code_progress('s_famille') }} as code_sous_famille,
    {{ texte_progress('marque') }} as marque,
    {{ code_progress('cod_fou') }} as code_fournisseur,
    {{ decimal_erp('px_refv', 4) }} as prix_vente_reference,
    {{ decimal_erp('px_refa', 4) }} as prix_achat_reference,
    {{ decimal_erp('pmp', 4) }} as pmp,
    {{ decimal_erp('px_rvt', 4) }} as prix_revient,
    {{ decimal_erp('px_std', 4) }} as prix_standard,
    {{ decimal_erp('coef_1', 4) }} as coefficient_1,
    {{ texte_progress('gencod_v') }} as gencode,
    mult_fou as est_multi_fournisseur,
    {{ booleen_progress('consigne') }} as est_consigne,
    {{ booleen_progress('ges_stk') }} as est_gere_en_stock,
    cast({{ nombre_progress('poid_net') }} as numeric(17, 3)) as poids_net,
    -- Nought stands for no item.
    {{ code_progress('nullif(art_remp, 0)') }} as code_produit_remplacant,
    {{ code_progress('zta_3') }} as qualite,
    dat_crt as date_creation,
    dat_mod as date_modification
{%- endmacro %}

{#- A number with that many decimals; null for one that no column of ours could hold. -#}
{% macro decimal_erp(expression, decimales) -%}
    cast(
        case
            when abs(round({{ expression }}, {{ decimales }})) < 1e{{ 17 - decimales }}
                then {{ expression }}
        end as numeric(17, {{ decimales }})
    )
{%- endmacro %}

{#- The purchase price history has a key of four columns, and the last one may be null, which then
    counts as one more value: `7|12|2025-03-01`, `7|12|2025-03-01|08:15:00`. -#}
{% macro cle_prix() -%}
    {%- set texte = dbt.type_string() -%}
    cast(cod_fou as {{ texte }})
    || '|' || cast(cod_pro as {{ texte }})
    || '|' || cast(dat_px as {{ texte }})
    || coalesce('|' || hr_mod, '')
{%- endmacro %}

{#- The rows of the source with that key before them: a new column then comes last, and the view is
    replaced in place. -#}
{% macro avec_cle_prix(table) -%}
select
    {{ cle_prix() }} as cle_prix,
    prix.*
from {{ source('erp', table) }} as prix
{%- endmacro %}

{#- What a status means, to buyers and sellers. -#}
{% macro libelle_statut_erp(statut) -%}
    case {{ statut }}
        when 0 then 'Actif'
        when 1 then 'Vente interdite'
        when 2 then 'Achat interdit'
        when 8 then 'Vente et achat interdits'
        when 9 then 'À supprimer'
        else coalesce('Autre (' || cast({{ statut }} as {{ dbt.type_string() }}) || ')', 'Inconnu')
    end
{%- endmacro %}
