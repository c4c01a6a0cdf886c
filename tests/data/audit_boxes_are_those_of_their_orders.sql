-- Each order has every box of the header that it shows, with its items and pieces, and
-- no other.
{{ config(
    enabled=var('audit', false) and 'commandes' in var('sources'), tags=['audit']
) }}
{%- set colonnes = 'numero_commande, extension, code_coffre, nb_positions, quantite' %}

with commandes as (
    select * from {{ ref('fait_commandes_volets_roulants') }}
),

accessoires as (
    select * from {{ ref('stg_commandes__accessoires') }}
),

familles as (
    select * from {{ ref('familles_coffres') }}
),

-- A code is a box if the longest family that it is of is one.
coffres as (
    select
        accessoires.code_accessoire,
        max(length(familles.code_famille)) as plus_longue,
        max(
            case when familles.est_coffre then length(familles.code_famille) end
        ) as plus_longue_de_coffre
    from (select distinct code_accessoire from accessoires) as accessoires
    inner join familles
        on {{ est_de_la_famille(
            'accessoires.code_accessoire',
            'familles.code_famille',
            'familles.chiffre_accole'
        ) }}
    group by accessoires.code_accessoire
),

attendus as (
    select
        commandes.numero_commande,
        commandes.extension,
        accessoires.code_accessoire as code_coffre,
        count(distinct accessoires.numero_position) as nb_positions,
        cast(sum(accessoires.quantite) as numeric(17, 2)) as quantite
    from commandes
    inner join accessoires on commandes.id_commande = accessoires.id_commande
    inner join coffres on accessoires.code_accessoire = coffres.code_accessoire
    where coffres.plus_longue = coffres.plus_longue_de_coffre
    group by
        commandes.numero_commande, commandes.extension, accessoires.code_accessoire
)

{{ differences(
    colonnes, 'select * from attendus', 'select * from ' ~ ref('fait_commandes_coffres')
) }}
