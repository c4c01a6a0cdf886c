{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key=['code_fournisseur_source', 'code_produit_source'],
    pre_hook="{{ joindre_par_hachage() }}",
) }}

with prix as (
    select * from {{ ref('fait_prix_achat') }}
),

-- A price of 0, or none, is no price: it neither changes another one nor is cheapest.
prix_connus as (
    select
        *,
        lag(prix_achat) over (
            partition by code_fournisseur_source, code_produit_source order by rang_prix
        ) as prix_avant
    from prix
    where numero_palier = 0 and prix_achat > 0
),

-- Where each history begins, where the price changed last, and where it ends.
historiques as (
    select
        code_fournisseur_source,
        code_produit_source,
        count(*) as nb_prix,
        sum(case when prix_achat <> prix_avant then 1 else 0 end) as nb_changements,
        min(prix_achat) as prix_min,
        max(prix_achat) as prix_max,
        min(rang_prix) as premier_rang,
        max(case when prix_achat <> prix_avant then rang_prix end) as rang_changement,
        max(rang_prix) as dernier_rang
    from prix_connus
    group by code_fournisseur_source, code_produit_source
),

paliers as (
    select
        prix.code_fournisseur_source,
        prix.code_produit_source,
        count(*) as nb_paliers,
        min(case when prix.prix_achat > 0 then prix.prix_achat end)
            as prix_meilleur_palier
    from prix
    inner join historiques
        on
            prix.code_fournisseur_source = historiques.code_fournisseur_source
            and prix.code_produit_source = historiques.code_produit_source
            and prix.rang_prix = historiques.dernier_rang
    where prix.numero_palier > 0
    group by prix.code_fournisseur_source, prix.code_produit_source
),

-- Suppliers and products whose prices are all unknown are here too.
couples as (
    select
        code_fournisseur_source,
        code_produit_source,
        max(code_fournisseur) as code_fournisseur,
        max(code_produit) as code_produit,
        max(_run_id) as _run_id
    from prix
    group by code_fournisseur_source, code_produit_source
),

evolutions as (
    select
        couples.*,
        coalesce(historiques.nb_prix, 0) as nb_prix,
        coalesce(historiques.nb_changements, 0) as nb_changements,
        premiers.date_prix as date_premier_prix,
        premiers.prix_achat as premier_prix,
        derniers.date_prix as date_dernier_prix,
        derniers.prix_achat as dernier_prix,
        changements.date_prix as date_dernier_changement,
        changements.prix_avant as prix_precedent,
        historiques.prix_min,
        historiques.prix_max,
        coalesce(paliers.nb_paliers, 0) as nb_paliers,
        paliers.prix_meilleur_palier
    from couples
    left join historiques
        on
            couples.code_fournisseur_source = historiques.code_fournisseur_source
            and couples.code_produit_source = historiques.code_produit_source
    {% for alias, rang in {
        'premiers': 'premier_rang',
        'changements': 'rang_changement',
        'derniers': 'dernier_rang',
    }.items() -%}
        left join prix_connus as {{ alias }}
            on
                couples.code_fournisseur_source = {{ alias }}.code_fournisseur_source
                and couples.code_produit_source = {{ alias }}.code_produit_source
                and historiques.{{ rang }} = {{ alias }}.rang_prix
    {% endfor -%}
    left join paliers
        on
            couples.code_fournisseur_source = paliers.code_fournisseur_source
            and couples.code_produit_source = paliers.code_produit_source
),

comparaison as (
    select
        *,
        count(dernier_prix) over (partition by code_produit_source) as nb_fournisseurs,
        min(dernier_prix) over (partition by code_produit_source) as prix_moins_cher,
        rank() over (
            partition by code_produit_source order by dernier_prix nulls last
        ) as rang_fournisseur,
        first_value(code_fournisseur_source) over (
            partition by code_produit_source
            order by dernier_prix nulls last, code_fournisseur_source
        ) as fournisseur_moins_cher
    from evolutions
)

select
    code_fournisseur_source,
    code_produit_source,
    code_fournisseur,
    code_produit,
    nb_prix,
    nb_changements,
    date_premier_prix,
    premier_prix,
    date_dernier_changement,
    prix_precedent,
    date_dernier_prix,
    dernier_prix,
    {{ taux_commerce('dernier_prix - prix_precedent', 'prix_precedent') }} as hausse,
    {{ taux_commerce('dernier_prix - premier_prix', 'premier_prix') }} as hausse_totale,
    prix_min,
    prix_max,
    nb_paliers,
    prix_meilleur_palier,
    nb_fournisseurs,
    prix_moins_cher,
    case when nb_fournisseurs > 0 then fournisseur_moins_cher end
        as fournisseur_moins_cher,
    case when dernier_prix is not null then rang_fournisseur end as rang_fournisseur,
    coalesce(dernier_prix = prix_moins_cher, false) as est_moins_cher,
    {{ taux_commerce('dernier_prix - prix_moins_cher', 'prix_moins_cher') }}
        as ecart_moins_cher,
    _run_id
from comparaison
