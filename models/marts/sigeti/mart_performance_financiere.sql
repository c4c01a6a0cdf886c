{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key=['annee', 'mois', 'code_entreprise', 'code_zone_industrielle'],
) }}

with seuils as (
    select * from {{ ref('dim_seuils_sigeti') }}
),

-- Each fact is added up at the grain of the mart before they meet, so that no join
-- multiplies an amount.
factures as (
    select
        {{ debut_du_pas('mois', 'date_facture') }} as date_mois,
        code_entreprise,
        code_zone_industrielle,
        {{ indicateurs_factures() }},
        max(_run_id) as _run_id
    from {{ ref('fait_factures') }}
    group by
        {{ debut_du_pas('mois', 'date_facture') }},
        code_entreprise,
        code_zone_industrielle
),

paiements as (
    select
        {{ debut_du_pas('mois', 'date_encaissement') }} as date_mois,
        code_entreprise,
        code_zone_industrielle,
        {{ indicateurs_paiements() }},
        max(_run_id) as _run_id
    from {{ ref('fait_paiements') }}
    group by
        {{ debut_du_pas('mois', 'date_encaissement') }},
        code_entreprise,
        code_zone_industrielle
),

-- A campaign stands once, in the month of its first day, for all companies together.
collectes as (
    select
        {{ debut_du_pas('mois', 'date_debut') }} as date_mois,
        'TOUTES' as code_entreprise,
        code_zone_industrielle,
        {{ indicateurs_collectes() }},
        max(_run_id) as _run_id
    from {{ ref('fait_collectes') }}
    group by {{ debut_du_pas('mois', 'date_debut') }}, code_zone_industrielle
),

cellules as (
    {% for fait in ['factures', 'paiements', 'collectes'] -%}
        select
            date_mois,
            code_entreprise,
            code_zone_industrielle
        from {{ fait }}
        {% if not loop.last -%}
            union
        {% endif -%}
    {% endfor %}
)

select
    cast(extract(year from cellules.date_mois) as smallint) as annee,
    cast(extract(quarter from cellules.date_mois) as smallint) as trimestre,
    cast(extract(month from cellules.date_mois) as smallint) as mois,
    cellules.code_entreprise,
    cellules.code_zone_industrielle,
    {{ zero_sans('factures', [
        'nb_factures', 'montant_facture', 'montant_taxes', 'nb_factures_payees',
        'montant_paye', 'nb_factures_ouvertes', 'montant_impaye', 'reste_a_payer',
        'creances_0_30', 'creances_31_60', 'creances_61_90', 'creances_91_180',
        'creances_plus_180', 'nb_factures_en_retard', 'nb_factures_annulees',
        'montant_annule',
    ]) }},
    factures.delai_moyen_paiement_jours,
    factures.age_moyen_ouvert_jours,
    {{ pourcentage('factures.montant_paye', 'factures.montant_facture') }}
        as taux_paiement,
    {{ pourcentage('factures.montant_impaye', 'factures.montant_facture') }}
        as taux_impaye,
    {{ classe_de('impaye', pourcentage(
        'factures.montant_impaye', 'factures.montant_facture'
    )) }} as niveau_impaye,
    {{ zero_sans('paiements', [
        'nb_paiements', 'montant_encaisse', 'montant_en_attente',
    ]) }},
    {{ zero_sans('collectes', [
        'nb_collectes', 'montant_a_recouvrer', 'montant_recouvre', 'montant_restant',
    ]) }},
    collectes.taux_recouvrement,
    collectes.taux_recouvrement_moyen,
    collectes.duree_moyenne_collecte_jours,
    {{ est_en_alerte('alerte_recouvrement', 'collectes.taux_recouvrement') }}
        as est_alerte_recouvrement,
    greatest(factures._run_id, paiements._run_id, collectes._run_id) as _run_id
from cellules
{% for fait in ['factures', 'paiements', 'collectes'] -%}
    left join {{ fait }}
        on
            cellules.date_mois = {{ fait }}.date_mois
            and cellules.code_entreprise = {{ fait }}.code_entreprise
            and cellules.code_zone_industrielle = {{ fait }}.code_zone_industrielle
{% endfor %}
