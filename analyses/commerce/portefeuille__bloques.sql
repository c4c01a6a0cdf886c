-- What is on order for customers who are blocked or to be deleted.
{{ config(enabled='erp' in var('sources')) }}

select
    code_client,
    nom_client,
    libelle_statut,
    devise,
    nb_lignes,
    montant_bloque,
    montant_restant_bloque
from {{ ref('mart_commerce_portefeuille_clients') }}
where (est_bloque or est_a_supprimer) and nb_lignes > 0
order by montant_bloque desc
