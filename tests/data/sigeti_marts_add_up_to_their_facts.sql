-- Each invoice, payment, campaign, request and lot is in every mart that counts it.
{{ config(enabled='sigeti' in var('sources')) }}

with comptes as (
    {% for fait, modele, nombre, montant, condition in [
        ('facture', 'fait_factures', '1', 'montant_total', 'est_exigible'),
        ('facture', 'mart_performance_financiere',
            'nb_factures', 'montant_facture', 'true'),
        ('facture', 'mart_portefeuille_clients',
            'nb_factures', 'chiffre_affaires', 'true'),
        ('facture', 'mart_kpi_operationnels', 'nb_factures', 'montant_facture', 'true'),
        ('paiement', 'fait_paiements', '1', 'montant_paiement', 'est_confirme'),
        ('paiement', 'mart_performance_financiere',
            'nb_paiements', 'montant_encaisse', 'true'),
        ('paiement', 'mart_kpi_operationnels', 'nb_paiements', 'montant_encaisse', 'true'),
        ('collecte', 'fait_collectes', '1', 'montant_a_recouvrer', 'true'),
        ('collecte', 'mart_performance_financiere',
            'nb_collectes', 'montant_a_recouvrer', 'true'),
        ('collecte', 'mart_kpi_operationnels',
            'nb_collectes', 'montant_a_recouvrer', 'true'),
        ('demande', 'fait_attributions', '1', 'superficie_demandee', 'true'),
        ('demande', 'mart_occupation_zones', 'nb_demandes', 'superficie_demandee', 'true'),
        ('demande', 'mart_portefeuille_clients',
            'nb_demandes', 'superficie_demandee', 'true'),
        ('demande', 'mart_kpi_operationnels', 'nb_demandes', 'superficie_demandee', 'true'),
        ('lot', 'dim_lots', '1', 'superficie_m2', "est_courant and code_lot <> 'INCONNU'"),
        ('lot', 'mart_occupation_zones', 'nb_lots', 'superficie_lots', 'true'),
    ] -%}
        select
            '{{ fait }}' as fait,
            '{{ modele }}' as modele,
            coalesce(sum({{ nombre }}), 0) as nombre,
            coalesce(sum({{ montant }}), 0) as montant
        from {{ ref(modele) }}
        where {{ condition }}
        {% if not loop.last -%}
            union all
        {% endif -%}
    {% endfor %}
)

select
    comptes.fait,
    comptes.modele,
    comptes.nombre,
    comptes.montant,
    autres.modele as autre_modele,
    autres.nombre as autre_nombre,
    autres.montant as autre_montant
from comptes
inner join comptes as autres
    on comptes.fait = autres.fait
where
    comptes.modele < autres.modele
    and (comptes.nombre <> autres.nombre or comptes.montant <> autres.montant)
