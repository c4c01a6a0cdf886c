{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key=['annee', 'mois'],
) }}
{%- set agregats = ['collectes', 'demandes', 'decisions', 'factures', 'paiements'] %}

with dates as (
    select * from {{ ref('dim_date') }}
),

seuils as (
    select * from {{ ref('dim_seuils_sigeti') }}
),

collectes as (
    select
        {{ debut_du_pas('mois', 'date_debut') }} as date_mois,
        {{ indicateurs_collectes() }},
        max(_run_id) as _run_id
    from {{ ref('fait_collectes') }}
    group by {{ debut_du_pas('mois', 'date_debut') }}
),

demandes as (
    select
        {{ debut_du_pas('mois', 'date_demande') }} as date_mois,
        {{ indicateurs_demandes() }},
        max(_run_id) as _run_id
    from {{ ref('fait_attributions') }}
    group by {{ debut_du_pas('mois', 'date_demande') }}
),

decisions as (
    select
        {{ debut_du_pas('mois', 'date_decision') }} as date_mois,
        count(*) as nb_decisions,
        max(_run_id) as _run_id
    from {{ ref('fait_attributions') }}
    where date_decision is not null
    group by {{ debut_du_pas('mois', 'date_decision') }}
),

factures as (
    select
        {{ debut_du_pas('mois', 'date_facture') }} as date_mois,
        {{ indicateurs_factures() }},
        max(_run_id) as _run_id
    from {{ ref('fait_factures') }}
    group by {{ debut_du_pas('mois', 'date_facture') }}
),

paiements as (
    select
        {{ debut_du_pas('mois', 'date_encaissement') }} as date_mois,
        {{ indicateurs_paiements() }},
        max(_run_id) as _run_id
    from {{ ref('fait_paiements') }}
    group by {{ debut_du_pas('mois', 'date_encaissement') }}
),

mois_actifs as (
    {% for agregat in agregats -%}
        select date_mois from {{ agregat }}
        {% if not loop.last -%}
            union all
        {% endif -%}
    {% endfor %}
),

-- Every month from the first to the last with anything in it.
les_mois as (
    select dates.date_jour as date_mois
    from dates
    where
        dates.date_jour = {{ debut_du_pas('mois', 'dates.date_jour') }}
        and dates.date_jour >= (select min(mois_actifs.date_mois) from mois_actifs)
        and dates.date_jour <= (select max(mois_actifs.date_mois) from mois_actifs)
)

select
    cast(extract(year from les_mois.date_mois) as smallint) as annee,
    cast(extract(quarter from les_mois.date_mois) as smallint) as trimestre,
    cast(extract(month from les_mois.date_mois) as smallint) as mois,
    {{ zero_sans('collectes', [
        'nb_collectes', 'nb_collectes_cloturees', 'nb_collectes_completes',
        'montant_a_recouvrer', 'montant_recouvre',
    ]) }},
    collectes.taux_recouvrement,
    {{ est_en_alerte('alerte_recouvrement', 'collectes.taux_recouvrement') }}
        as est_alerte_recouvrement,
    {{ pourcentage('collectes.nb_collectes_cloturees', 'collectes.nb_collectes') }}
        as taux_cloture,
    collectes.duree_moyenne_collecte_jours,
    {{ zero_sans('demandes', [
        'nb_demandes', 'nb_demandes_approuvees', 'nb_demandes_rejetees',
        'nb_demandes_en_attente', 'nb_demandes_hors_delai', 'superficie_demandee',
        'montant_attribution', 'financement_prevu', 'emplois_prevus',
    ]) }},
    demandes.taux_approbation,
    demandes.delai_moyen_traitement_jours,
    {{ classe_de('delai', 'demandes.delai_moyen_traitement_jours') }} as niveau_delai,
    {{ zero_sans('decisions', ['nb_decisions']) }},
    {{ zero_sans('factures', [
        'nb_factures', 'montant_facture', 'montant_paye', 'montant_impaye',
        'nb_factures_en_retard', 'nb_factures_sans_zone', 'montant_sans_zone',
        'nb_factures_payees_sans_date',
    ]) }},
    {{ pourcentage('factures.montant_paye', 'factures.montant_facture') }}
        as taux_paiement,
    {{ pourcentage('factures.montant_impaye', 'factures.montant_facture') }}
        as taux_impaye,
    {{ classe_de('impaye', pourcentage(
        'factures.montant_impaye', 'factures.montant_facture'
    )) }} as niveau_impaye,
    factures.delai_moyen_paiement_jours,
    factures.age_moyen_ouvert_jours,
    {{ zero_sans('paiements', [
        'nb_paiements', 'montant_encaisse', 'montant_en_attente',
    ]) }},
    greatest(
        {% for agregat in agregats -%}
            {{ agregat }}._run_id{{ ',' if not loop.last }}
        {% endfor -%}
    ) as _run_id
from les_mois
{% for agregat in agregats -%}
    left join {{ agregat }} on les_mois.date_mois = {{ agregat }}.date_mois
{% endfor %}
