-- Statuses, types and modes of SIGETI are those that the warehouse knows. Another one
-- is kept as it is written, counts for no state, and warns here.
{{ config(enabled='sigeti' in var('sources'), severity='warn') }}

with valeurs as (
    {% for modele, colonne, connues in [
        ('fait_attributions', 'statut_demande',
            ['VALIDE', 'REJETE', 'EN_COURS', 'DOCUMENTS_REJETES']),
        ('fait_attributions', 'type_demande',
            ['ZONE_INDUSTRIELLE', 'HORS_ZONE_INDUSTRIELLE']),
        ('fait_collectes', 'statut_collecte',
            ['RECOUVREE', 'PARTIELLEMENT_RECOUVREE', 'NON_RECOUVREE', 'REPORTEE']),
        ('fait_collectes', 'statut_cloture', ['OUVERTE', 'CLOTUREE']),
        ('fait_factures', 'statut_facture',
            ['EN_ATTENTE', 'PAYEE', 'ECHOUEE', 'ANNULEE', 'REMBOURSEE']),
        ('fait_factures', 'processus_origine',
            ['COLLECTE_DROIT', 'ATTRIBUTION_LOT', 'FRAIS_LAMEV', 'INCONNU']),
        ('fait_paiements', 'statut_paiement', ['REUSSI', 'EN_ATTENTE']),
        ('fait_paiements', 'mode_paiement', ['CHEQUE', 'ESPECES', 'CARTE', 'INCONNU']),
        ('dim_lots', 'statut_lot', ['DISPONIBLE', 'OCCUPE', 'INCONNU']),
        ('dim_zones_industrielles', 'statut_zone',
            ['ACTIF', 'INACTIF', 'EN_CONSTRUCTION', 'INCONNU']),
    ] -%}
        select
            '{{ modele }}' as modele,
            '{{ colonne }}' as colonne,
            {{ colonne }} as valeur,
            count(*) as lignes
        from {{ ref(modele) }}
        where {{ colonne }} not in ({{ litteraux(connues) }})
        group by {{ colonne }}
        {% if not loop.last -%}
            union all
        {% endif -%}
    {% endfor %}
)

select
    modele,
    colonne,
    valeur,
    lignes
from valeurs
