{{ config(
    incremental_strategy='difference',
    unique_key=['numero_commande', 'extension', 'code_coffre'],
    pre_hook="{{ joindre_par_hachage() }}",
) }}

with commandes as (
    select * from {{ ref('fait_commandes_volets_roulants') }}
),

coffres as (
    select * from {{ ref('int_commandes__coffres') }}
)

select
    commandes.numero_commande,
    commandes.extension,
    coffres.code_coffre,
    coffres.code_famille_coffre,
    coffres.rang,
    coffres.nb_positions,
    coffres.quantite,
    {{ dbt.current_timestamp() }} as created_at,
    coffres._run_id
from commandes
inner join coffres
    on commandes.id_commande = coffres.id_commande
