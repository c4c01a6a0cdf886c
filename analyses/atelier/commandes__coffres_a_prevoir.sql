-- Which boxes are needed for what is due in the next four weeks, and already late?
{{ config(enabled='commandes' in var('sources')) }}

select
    coffres.code_famille_coffre,
    coffres.code_coffre,
    commandes.mode_fabrication,
    count(*) as nb_commandes,
    sum(coffres.quantite) as quantite,
    min(commandes.date_livraison) as premiere_livraison
from {{ ref('mart_atelier_commandes') }} as commandes
inner join {{ ref('fait_commandes_coffres') }} as coffres
    on
        commandes.numero_commande = coffres.numero_commande
        and commandes.extension = coffres.extension
where
    commandes.date_livraison
    <= cast({{ dbt.dateadd('day', 28, aujourd_hui_commerce()) }} as date)
group by
    coffres.code_famille_coffre, coffres.code_coffre, commandes.mode_fabrication
order by coffres.code_famille_coffre, coffres.code_coffre, commandes.mode_fabrication
