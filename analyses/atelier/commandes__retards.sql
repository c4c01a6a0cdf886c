-- Which roller shutters are late, the latest first?
{{ config(enabled='commandes' in var('sources')) }}

select
    numero_commande,
    extension,
    status,
    mode_fabrication,
    coffres,
    date_livraison,
    retard_jours,
    age_jours
from {{ ref('mart_atelier_commandes') }}
where est_en_retard
order by retard_jours desc, numero_commande asc, extension asc
