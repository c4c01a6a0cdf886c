{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key='code_entreprise',
    tags=['daily'],
) }}

with entreprises as (
    select * from {{ ref('dim_entreprises') }}
    where est_derniere_version and code_entreprise <> 'TOUTES'
),

seuils as (
    select * from {{ ref('dim_seuils_sigeti') }}
),

-- Each fact is added up by company before they meet: invoices x requests x lots would
-- multiply the revenue.
factures as (
    select
        code_entreprise,
        {{ indicateurs_factures() }},
        max(_run_id) as _run_id
    from {{ ref('fait_factures') }}
    group by code_entreprise
),

demandes as (
    select
        code_entreprise,
        {{ indicateurs_demandes() }}
    from {{ ref('fait_attributions') }}
    group by code_entreprise
),

lots as (
    select
        code_entreprise,
        count(*) as nb_lots,
        coalesce(sum(superficie_m2), 0) as superficie_lots
    from {{ ref('dim_lots') }}
    where est_courant and code_entreprise <> 'INCONNU'
    group by code_entreprise
),

activites as (
    select
        code_entreprise,
        max(date_jour) as derniere_activite
    from (
        {% for fait, jour in {
            'fait_factures': 'date_facture',
            'fait_paiements': 'date_encaissement',
            'fait_attributions': 'date_demande',
        }.items() -%}
            select
                code_entreprise,
                {{ jour }} as date_jour
            from {{ ref(fait) }}
            {% if not loop.last -%}
                union all
            {% endif -%}
        {% endfor %}
    ) as jours
    where date_jour <= {{ aujourd_hui() }}
    group by code_entreprise
)

select
    entreprises.code_entreprise,
    entreprises.raison_sociale,
    entreprises.forme_juridique,
    entreprises.code_domaine,
    coalesce(factures.nb_factures, 0) as nb_factures,
    coalesce(factures.montant_facture, 0) as chiffre_affaires,
    coalesce(factures.montant_paye, 0) as ca_paye,
    coalesce(factures.montant_impaye, 0) as ca_impaye,
    {{ zero_sans('factures', [
        'reste_a_payer', 'creances_0_30', 'creances_31_60', 'creances_61_90',
        'creances_91_180', 'creances_plus_180', 'nb_factures_en_retard',
    ]) }},
    factures.age_max_creance_jours,
    {{ classe_de('criticite', 'factures.age_max_creance_jours') }} as criticite,
    {{ est_en_alerte('alerte_impaye', 'factures.age_max_creance_jours') }}
        as est_alerte_impaye,
    factures.delai_moyen_paiement_jours,
    factures.age_moyen_ouvert_jours,
    {{ pourcentage('factures.nb_factures_en_retard', 'factures.nb_factures') }}
        as part_en_retard,
    {{ pourcentage('factures.montant_paye', 'factures.montant_facture') }}
        as taux_paiement,
    {{ zero_sans('demandes', [
        'nb_demandes', 'nb_demandes_approuvees', 'superficie_demandee',
    ]) }},
    {{ zero_sans('lots', ['nb_lots', 'superficie_lots']) }},
    {{ classe_de('segment', 'coalesce(factures.montant_facture, 0)') }} as segment,
    {{ classe_de('taille', 'coalesce(factures.montant_facture, 0)') }} as taille,
    {{ classe_de('risque', 'coalesce(' ~ pourcentage(
        'factures.nb_factures_en_retard', 'factures.nb_factures'
    ) ~ ', 0)') }} as risque,
    activites.derniere_activite,
    {{ jours_entre('activites.derniere_activite', aujourd_hui()) }} as jours_inactivite,
    {{ est_en_alerte(
        'alerte_inactivite', jours_entre('activites.derniere_activite', aujourd_hui())
    ) }} as est_inactif,
    factures._run_id
from entreprises
{% for fait in ['factures', 'demandes', 'lots', 'activites'] -%}
    left join {{ fait }}
        on entreprises.code_entreprise = {{ fait }}.code_entreprise
{% endfor %}
