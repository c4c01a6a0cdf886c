{#- The columns of companies and lots, read alike from the source (staging) and from its history
    (the dimensions that keep versions). -#}
{% macro colonnes_entreprises() -%}
    id as id_entreprise,
    {{ texte_lu('raison_sociale') }} as raison_sociale,
    {{ texte_lu('registre_commerce') }} as registre_commerce,
    {{ code_lu('forme_juridique') }} as forme_juridique,
    domaine_activite_id as id_domaine,
    {{ jour_local('date_constitution') }} as date_constitution,
    {{ jour_local('date_creation') }} as date_creation
{%- endmacro %}

{% macro colonnes_lots() -%}
    id as id_lot,
    {{ numero_de_lot(texte_repare('numero')) }} as numero_lot,
    {{ texte_lu('ilot') }} as ilot,
    coalesce(zone_industrielle_id, zone_id) as id_zone_industrielle,
    entreprise_id as id_entreprise,
    {{ code_lu('statut') }} as statut_lot,
    {{ code_lu('priorite') }} as priorite,
    viabilite as est_viabilise,
    cast({{ en_m2('superficie', 'unite_mesure') }} as numeric(17, 2)) as superficie_m2,
    cast(prix as numeric(17, 2)) as prix,
    {{ jour_local('date_acquisition') }} as date_acquisition,
    {{ jour_local('date_reservation') }} as date_reservation,
    -- An option of more than a thousand years is without a limit.
    case
        when abs(cast(delai_option as bigint)) < 365000
            then {{ jour_local('date_reservation') }} + delai_option
    end as date_fin_option
{%- endmacro %}

{#- What a row must have to be used: texts that can be read, amounts, days that the calendar has.
    `jours_facultatifs` may be missing. -#}
{% macro exigences_sigeti(entite) -%}
    {{ return({
        'zones_industrielles': {'textes': ['code', 'libelle']},
        'lots': {'textes': ['numero']},
        'entreprises': {'textes': ['raison_sociale']},
        'domaines_activites': {'textes': ['code', 'libelle']},
        'demandes_attribution': {'textes': ['reference'], 'jours': ['created_at']},
        'collectes': {
            'textes': ['reference'],
            'montants': ['montant_a_recouvrer', 'montant_recouvre'],
            'jours': ['date_debut'],
        },
        'factures': {
            'textes': ['numero_facture'], 'montants': ['montant_total'], 'jours': ['date_creation'],
            'jours_facultatifs': ['date_paiement'],
        },
        'paiements': {
            'montants': ['montant'], 'jours': ['created_at'], 'jours_facultatifs': ['date_paiement'],
        },
    }[entite]) }}
{%- endmacro %}

{#- The first reason for which a row of an entity cannot be used; null for one that can. -#}
{% macro motif_de_rejet(entite) -%}
    {%- set exigences = exigences_sigeti(entite) -%}
    case
        {%- for colonne in exigences.get('textes', []) %}
        when {{ texte_lu(colonne) }} is null then 'missing {{ colonne }}'
        when {{ est_illisible(colonne) }} then 'unreadable {{ colonne }}'
        {%- endfor %}
        {%- for colonne in exigences.get('montants', []) %}
        when {{ colonne }} is null then 'missing {{ colonne }}'
        {%- endfor %}
        {%- for colonne in exigences.get('jours', []) %}
        when {{ colonne }} is null then 'missing {{ colonne }}'
        {%- endfor %}
        {%- for colonne in exigences.get('jours', []) + exigences.get('jours_facultatifs', []) %}
        when not ({{ est_au_calendrier(jour_local(colonne)) }}) then '{{ colonne }} outside the calendar'
        {%- endfor %}
    end
{%- endmacro %}

{#- The twin of a staging view: the rows that it left out, each with the first reason that holds. -#}
{% macro rejets_sigeti(entite, table=none) -%}
with source as (
    select * from {{ source('sigeti', table or entite) }}
),

lignes_jugees as (
    select
        id as id_ligne,
        {{ motif_de_rejet(entite) }} as motif,
        _run_id
    from source
)

select
    id_ligne,
    motif,
    _run_id
from lignes_jugees
where motif is not null
{%- endmacro %}

{#- The staging entities that may leave rows out, with their raw tables. -#}
{% macro entites_sigeti_jugees() -%}
    {{ return({
        'zones_industrielles': 'zones_industrielles',
        'lots': 'lots',
        'entreprises': 'entreprises',
        'domaines_activites': 'domaines_activites',
        'demandes_attribution': 'demandes_attribution',
        'collectes': 'collectes',
        'factures': 'factures',
        'paiements': 'paiement_factures',
    }) }}
{%- endmacro %}
