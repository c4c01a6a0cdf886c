{{ config(materialized='ephemeral') }}

with accessoires as (
    select * from {{ ref('stg_commandes__accessoires') }}
),

familles as (
    select * from {{ ref('familles_coffres') }}
),

codes as (
    select distinct code_accessoire
    from accessoires
    where code_accessoire is not null
),

-- Of several families that a code is of, the one with the most letters.
codes_classes as (
    select
        codes.code_accessoire,
        familles.code_famille,
        familles.est_coffre,
        row_number() over (
            partition by codes.code_accessoire
            order by length(familles.code_famille) desc
        ) as rang
    from codes
    inner join familles
        on {{ est_de_la_famille(
            'codes.code_accessoire', 'familles.code_famille', 'familles.chiffre_accole'
        ) }}
)

select
    accessoires.id_commande,
    accessoires.code_accessoire as code_coffre,
    codes_classes.code_famille as code_famille_coffre,
    cast(row_number() over (
        partition by accessoires.id_commande
        order by min(accessoires.numero_position), accessoires.code_accessoire
    ) as integer) as rang,
    cast(count(distinct accessoires.numero_position) as integer) as nb_positions,
    cast(sum(accessoires.quantite) as numeric(17, 2)) as quantite,
    max(accessoires._run_id) as _run_id,
    max(accessoires._loaded_at) as _loaded_at
from accessoires
inner join codes_classes
    on accessoires.code_accessoire = codes_classes.code_accessoire
where
    codes_classes.rang = 1
    and codes_classes.est_coffre
group by
    accessoires.id_commande,
    accessoires.code_accessoire,
    codes_classes.code_famille
