{{ config(
    incremental_strategy='difference',
    unique_key=['numero_commande', 'extension'],
    pre_hook="{{ joindre_par_hachage() }}",
) }}

with planifiees as (
    select * from {{ ref('int_commandes__planifiees') }}
),

coffres as (
    select * from {{ ref('int_commandes__coffres') }}
),

champs_libres as (
    select * from {{ ref('stg_commandes__champs_libres') }}
),

coffres_par_commande as (
    select
        id_commande,
        max(case when rang = 1 then code_coffre end) as coffre,
        cast(count(*) as integer) as nb_coffres,
        max(_run_id) as _run_id,
        max(_loaded_at) as _loaded_at
    from coffres
    group by id_commande
),

-- Of several sets the first that says something counts.
champs_ranges as (
    select
        *,
        row_number() over (
            partition by id_commande
            order by
                case
                    when coalesce(date_saisie, date_livraison) is not null then 0
                    when nb_chassis is not null then 1
                    else 2
                end asc,
                numero_jeu asc nulls last,
                date_livraison desc nulls last,
                date_saisie desc nulls last,
                nb_chassis desc nulls last,
                _loaded_at desc
        ) as rang
    from champs_libres
),

-- An order that stands there with several types is one: from stock first, then the one
-- that was last noted about, then by its key.
commandes_rangees as (
    select
        planifiees.*,
        coffres_par_commande.coffre,
        coffres_par_commande.nb_coffres,
        champs.nb_chassis,
        champs.date_saisie,
        champs.date_livraison,
        greatest(
            planifiees._run_id, coffres_par_commande._run_id, champs._run_id
        ) as dernier_run_id,
        greatest(
            planifiees._loaded_at, coffres_par_commande._loaded_at, champs._loaded_at
        ) as date_synchronisation,
        count(*) over (
            partition by planifiees.numero_commande, planifiees.extension
        ) as nb_entetes,
        row_number() over (
            partition by planifiees.numero_commande, planifiees.extension
            order by
                case when planifiees.gestion_en_stock then 0 else 1 end asc,
                planifiees.date_modification desc nulls last,
                planifiees.id_commande asc
        ) as rang
    from planifiees
    inner join coffres_par_commande
        on planifiees.id_commande = coffres_par_commande.id_commande
    left join champs_ranges as champs
        on planifiees.id_commande = champs.id_commande and champs.rang = 1
)

select
    numero_commande,
    extension,
    id_commande,
    type_commande,
    nature_commande,
    systeme,
    status,
    coffre,
    nb_coffres,
    gestion_en_stock,
    nb_chassis,
    montant_ht,
    date_saisie,
    date_planification,
    date_livraison,
    date_modification,
    date_synchronisation,
    cast(nb_entetes as integer) as nb_entetes,
    {{ dbt.current_timestamp() }} as created_at,
    dernier_run_id as _run_id
from commandes_rangees
where rang = 1
