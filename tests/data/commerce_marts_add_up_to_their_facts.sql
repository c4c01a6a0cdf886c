-- Each order line is in both marts that count it, in its currency, and each known price
-- in the one of prices: what a fact adds and its mart takes off leaves nothing.
{{ config(enabled='erp' in var('sources')) }}

with mouvements as (
    {% for mart in [
        'mart_commerce_carnet_commandes', 'mart_commerce_portefeuille_clients'
    ] -%}
        select
            '{{ mart }}' as modele,
            devise,
            1 as nombre,
            montant_ht,
            montant_restant,
            coalesce(marge, 0) as marge,
            case when marge is null then 1 else 0 end as sans_marge
        from {{ ref('fait_lignes_commande') }}
        union all
        select
            '{{ mart }}' as modele,
            devise,
            -nb_lignes as nombre,
            -montant_ht as montant_ht,
            -montant_restant as montant_restant,
            -marge as marge,
            -nb_lignes_sans_marge as sans_marge
        from {{ ref(mart) }}
        union all
    {% endfor -%}
    select
        'mart_commerce_prix_achat' as modele,
        'EUR' as devise,
        1 as nombre,
        0 as montant_ht,
        0 as montant_restant,
        0 as marge,
        0 as sans_marge
    from {{ ref('fait_prix_achat') }}
    where numero_palier = 0 and prix_achat > 0
    union all
    select
        'mart_commerce_prix_achat' as modele,
        'EUR' as devise,
        -nb_prix as nombre,
        0 as montant_ht,
        0 as montant_restant,
        0 as marge,
        0 as sans_marge
    from {{ ref('mart_commerce_prix_achat') }}
)

select
    modele,
    devise,
    sum(nombre) as nombre,
    sum(montant_ht) as montant_ht,
    sum(montant_restant) as montant_restant,
    sum(marge) as marge,
    sum(sans_marge) as sans_marge
from mouvements
group by modele, devise
having
    sum(nombre) <> 0
    or sum(montant_ht) <> 0
    or sum(montant_restant) <> 0
    or sum(marge) <> 0
    or sum(sans_marge) <> 0
