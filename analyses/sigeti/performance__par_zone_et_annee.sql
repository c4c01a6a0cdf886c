-- What was billed and paid by zone and year; rates are taken anew, never averaged.
{{ config(enabled='sigeti' in var('sources')) }}

select
    performance.annee,
    zones.nom_zone_industrielle,
    sum(performance.montant_facture) as facture,
    sum(performance.montant_paye) as paye,
    round(
        100.0 * sum(performance.montant_paye)
        / nullif(sum(performance.montant_facture), 0), 2
    ) as taux_paiement
from {{ ref('mart_performance_financiere') }} as performance
inner join {{ ref('dim_zones_industrielles') }} as zones
    on performance.code_zone_industrielle = zones.code_zone_industrielle
group by performance.annee, zones.nom_zone_industrielle
having sum(performance.montant_facture) > 0
order by performance.annee asc, facture desc
