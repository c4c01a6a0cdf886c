{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key=['numero_commande', 'extension'],
    tags=['daily'],
) }}

with commandes as (
    select * from {{ ref('fait_commandes_volets_roulants') }}
),

coffres as (
    select * from {{ ref('fait_commandes_coffres') }}
),

anciennetes as (
    select * from {{ ref('dim_anciennete_commande') }}
),

coffres_par_commande as (
    select
        numero_commande,
        extension,
        {{ dbt.listagg('code_coffre', "', '", 'order by rang') }} as coffres,
        cast(coalesce(sum(quantite), 0) as numeric(17, 2)) as quantite_coffres
    from coffres
    group by numero_commande, extension
),

-- A day of entry that is yet to come is a slip: the age is not known.
commandes_datees as (
    select
        *,
        case
            when date_saisie <= {{ aujourd_hui_commerce() }}
                then {{ jours_entre('date_saisie', aujourd_hui_commerce()) }}
        end as age_jours,
        {{ jours_entre('date_planification', aujourd_hui_commerce()) }}
            as jours_depuis_planification,
        coalesce(date_livraison < {{ aujourd_hui_commerce() }}, false) as est_en_retard
    from commandes
)

select
    commandes.numero_commande,
    commandes.extension,
    commandes.status,
    commandes.nature_commande,
    commandes.systeme,
    commandes.coffre,
    coffres_par_commande.coffres,
    commandes.nb_coffres,
    coffres_par_commande.quantite_coffres,
    commandes.nb_chassis,
    commandes.montant_ht,
    commandes.gestion_en_stock,
    case when commandes.gestion_en_stock then 'STOCK' else 'SUR_COMMANDE' end
        as mode_fabrication,
    commandes.date_saisie,
    commandes.date_planification,
    commandes.date_livraison,
    commandes.age_jours,
    coalesce(anciennetes.code_anciennete, 'INCONNU') as code_anciennete,
    commandes.jours_depuis_planification,
    commandes.est_en_retard,
    case
        when commandes.est_en_retard
            then {{ jours_entre('commandes.date_livraison', aujourd_hui_commerce()) }}
    end as retard_jours,
    commandes._run_id
from commandes_datees as commandes
inner join coffres_par_commande
    on
        commandes.numero_commande = coffres_par_commande.numero_commande
        and commandes.extension = coffres_par_commande.extension
left join anciennetes
    on
        commandes.age_jours >= anciennetes.age_min
        and (
            commandes.age_jours <= anciennetes.age_max or anciennetes.age_max is null
        )
