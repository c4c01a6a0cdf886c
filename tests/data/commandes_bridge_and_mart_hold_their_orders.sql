-- Each order is in the mart, and has as many boxes as it counts, the first one first.
{{ config(enabled='commandes' in var('sources')) }}

with coffres as (
    select
        numero_commande,
        extension,
        count(*) as nb_coffres,
        min(rang) as premier_rang,
        max(rang) as dernier_rang,
        max(case when rang = 1 then code_coffre end) as coffre
    from {{ ref('fait_commandes_coffres') }}
    group by numero_commande, extension
)

select
    commandes.numero_commande,
    commandes.extension,
    commandes.nb_coffres,
    coffres.nb_coffres as nb_coffres_du_pont,
    commandes.coffre,
    coffres.coffre as coffre_du_pont,
    mart.coffre as coffre_du_mart
from {{ ref('fait_commandes_volets_roulants') }} as commandes
full join coffres
    on
        commandes.numero_commande = coffres.numero_commande
        and commandes.extension = coffres.extension
full join {{ ref('mart_atelier_commandes') }} as mart
    on
        commandes.numero_commande = mart.numero_commande
        and commandes.extension = mart.extension
where
    commandes.nb_coffres is distinct from coffres.nb_coffres
    or coffres.premier_rang is distinct from 1
    or coffres.dernier_rang is distinct from coffres.nb_coffres
    or commandes.coffre is distinct from coffres.coffre
    or commandes.coffre is distinct from mart.coffre
