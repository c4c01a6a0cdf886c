-- How old is what is planned, by status and by stock or made to order?
{{ config(enabled='commandes' in var('sources')) }}

select
    commandes.status,
    commandes.mode_fabrication,
    anciennetes.libelle_anciennete,
    count(*) as nb_commandes,
    sum(commandes.quantite_coffres) as quantite_coffres,
    sum(commandes.montant_ht) as montant_ht,
    sum(case when commandes.est_en_retard then 1 else 0 end) as nb_en_retard
from {{ ref('mart_atelier_commandes') }} as commandes
inner join {{ ref('dim_anciennete_commande') }} as anciennetes
    on commandes.code_anciennete = anciennetes.code_anciennete
group by
    commandes.status,
    commandes.mode_fabrication,
    anciennetes.libelle_anciennete,
    anciennetes.ordre
order by commandes.status, commandes.mode_fabrication, anciennetes.ordre
