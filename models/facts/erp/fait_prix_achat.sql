{{ config(
    incremental_strategy='difference',
    unique_key=['cle_prix', 'numero_palier'],
    pre_hook="{{ joindre_par_hachage() }}",
) }}
{%- set ordre = 'partition by code_fournisseur, code_produit'
    ~ ' order by date_prix, heure_prix nulls first, cle_prix' %}

with prix as (
    select * from {{ ref('stg_erp__hisprixa') }}
),

fournisseurs as (
    select * from {{ ref('dim_fournisseur') }}
    where est_derniere_version
),

produits as (
    select * from {{ ref('dim_produit') }}
    where est_derniere_version
),

depots as (
    select * from {{ ref('dim_depot') }}
),

-- A price holds until the day of the next one of the same supplier and product; one
-- without an hour comes first on its day.
prix_ordonnes as (
    select
        *,
        cast(row_number() over ({{ ordre }}) as integer) as rang_prix,
        lead(date_prix) over ({{ ordre }}) as date_fin
    from prix
),

numeros as (
    {% for palier in range(11) -%}
        select {{ palier }} as numero_palier
        {% if not loop.last -%}
            union all
        {% endif -%}
    {% endfor %}
),

-- The reference price holds from quantity 0; breaks that are not used have quantity 0.
paliers as (
    select
        prix_ordonnes.*,
        numeros.numero_palier,
        case numeros.numero_palier
            when 0 then 0
            {% for palier in range(1, 11) -%}
                when {{ palier }} then prix_ordonnes.quantite_palier_{{ palier }}
            {% endfor %}
        end as quantite_minimum,
        case numeros.numero_palier
            when 0 then prix_ordonnes.prix_achat_reference
            {% for palier in range(1, 11) -%}
                when {{ palier }} then prix_ordonnes.prix_palier_{{ palier }}
            {% endfor %}
        end as prix_achat
    from prix_ordonnes
    cross join numeros
)

select
    paliers.cle_prix,
    paliers.numero_palier,
    coalesce(fournisseurs.code_fournisseur, 'INCONNU') as code_fournisseur,
    coalesce(produits.code_produit, 'INCONNU') as code_produit,
    paliers.code_fournisseur as code_fournisseur_source,
    paliers.code_produit as code_produit_source,
    coalesce(depots.code_depot, 'INCONNU') as code_depot,
    paliers.date_prix,
    paliers.heure_prix,
    paliers.date_fin,
    paliers.rang_prix,
    paliers.date_fin is null as est_dernier,
    cast(paliers.quantite_minimum as numeric(17, 3)) as quantite_minimum,
    paliers.prix_achat,
    paliers.date_modification,
    {{ dbt.current_timestamp() }} as created_at,
    paliers._run_id
from paliers
left join fournisseurs
    on paliers.code_fournisseur = fournisseurs.code_fournisseur
left join produits
    on paliers.code_produit = produits.code_produit
left join depots
    on paliers.code_depot = depots.code_depot
where paliers.numero_palier = 0 or paliers.quantite_minimum > 0
