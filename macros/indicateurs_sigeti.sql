{#- What the marts of SIGETI count of a fact, whatever they group by: one definition of each indicator
    (docs/sigeti.md). Delays and ages have means of their own. -#}

{% macro indicateurs_factures() -%}
    count(*) filter (where est_exigible) as nb_factures,
    coalesce(sum(montant_total) filter (where est_exigible), 0) as montant_facture,
    coalesce(sum(taxes) filter (where est_exigible), 0) as montant_taxes,
    count(*) filter (where est_exigible and est_paye) as nb_factures_payees,
    coalesce(sum(montant_total) filter (where est_exigible and est_paye), 0) as montant_paye,
    count(*) filter (where est_ouverte) as nb_factures_ouvertes,
    coalesce(sum(montant_total) filter (where est_ouverte), 0) as montant_impaye,
    coalesce(sum(reste_a_payer), 0) as reste_a_payer,
    {%- for tranche in tranches_d_age() %}
    coalesce(sum(reste_a_payer) filter (where tranche_age = '{{ tranche }}'), 0)
        as creances_{{ tranche | lower }},
    {%- endfor %}
    max(age_jours) filter (where reste_a_payer > 0) as age_max_creance_jours,
    count(*) filter (where est_en_retard) as nb_factures_en_retard,
    count(*) filter (where not est_exigible) as nb_factures_annulees,
    coalesce(sum(montant_total) filter (where not est_exigible), 0) as montant_annule,
    {{ moyenne('delai_paiement_jours', 'est_exigible') }} as delai_moyen_paiement_jours,
    {{ moyenne('age_jours') }} as age_moyen_ouvert_jours,
    count(*) filter (where est_exigible and code_zone_industrielle = 'INCONNU')
        as nb_factures_sans_zone,
    coalesce(
        sum(montant_total) filter (where est_exigible and code_zone_industrielle = 'INCONNU'), 0
    ) as montant_sans_zone,
    count(*) filter (where est_ouverte and statut_facture = 'PAYEE') as nb_factures_payees_sans_date
{%- endmacro %}

{#- The classes of the family `anciennete`, as the columns of receivables name them. -#}
{% macro tranches_d_age() -%}
    {{ return(['0_30', '31_60', '61_90', '91_180', 'PLUS_180']) }}
{%- endmacro %}

{% macro indicateurs_paiements() -%}
    count(*) filter (where est_confirme) as nb_paiements,
    coalesce(sum(montant_paiement) filter (where est_confirme), 0) as montant_encaisse,
    coalesce(sum(montant_paiement) filter (where est_en_attente), 0) as montant_en_attente
{%- endmacro %}

{% macro indicateurs_collectes() -%}
    count(*) as nb_collectes,
    count(*) filter (where est_cloturee) as nb_collectes_cloturees,
    count(*) filter (where est_complete) as nb_collectes_completes,
    sum(montant_a_recouvrer) as montant_a_recouvrer,
    sum(montant_recouvre) as montant_recouvre,
    sum(montant_restant) as montant_restant,
    {{ pourcentage('sum(montant_recouvre)', 'sum(montant_a_recouvrer)') }} as taux_recouvrement,
    {{ moyenne('taux_recouvrement') }} as taux_recouvrement_moyen,
    {{ moyenne('duree_reelle_jours') }} as duree_moyenne_collecte_jours
{%- endmacro %}

{% macro indicateurs_demandes() -%}
    count(*) as nb_demandes,
    count(*) filter (where est_approuve) as nb_demandes_approuvees,
    count(*) filter (where est_rejete) as nb_demandes_rejetees,
    count(*) filter (where est_en_attente) as nb_demandes_en_attente,
    {{ pourcentage(
        'count(*) filter (where est_approuve)', 'count(*) filter (where est_approuve or est_rejete)'
    ) }} as taux_approbation,
    {{ moyenne('delai_traitement_jours') }} as delai_moyen_traitement_jours,
    {{ moyenne('age_jours') }} as age_moyen_demandes_jours,
    count(*) filter (where est_hors_delai) as nb_demandes_hors_delai,
    coalesce(sum(superficie_demandee), 0) as superficie_demandee,
    coalesce(sum(montant_attribution), 0) as montant_attribution,
    coalesce(sum(financement_prevu), 0) as financement_prevu,
    cast(coalesce(sum(emplois_prevus), 0) as bigint) as emplois_prevus
{%- endmacro %}

{#- Some indicators of an aggregate that a cell may lack: 0 without it. -#}
{% macro zero_sans(alias, noms) -%}
    {%- for nom in noms %}
    coalesce({{ alias }}.{{ nom }}, 0) as {{ nom }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Whether a value is in the class ALERTE of a family; false without a value. -#}
{% macro est_en_alerte(famille, valeur) -%}
    coalesce({{ classe_de(famille, valeur) }} = 'ALERTE', false)
{%- endmacro %}
