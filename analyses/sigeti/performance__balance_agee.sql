-- The aged balance: what is left to pay of open invoices, by age and zone.
{{ config(enabled='sigeti' in var('sources')) }}

select
    code_zone_industrielle,
    sum(creances_0_30) as jusqu_a_30_jours,
    sum(creances_31_60) as de_31_a_60_jours,
    sum(creances_61_90) as de_61_a_90_jours,
    sum(creances_91_180) as de_91_a_180_jours,
    sum(creances_plus_180) as plus_de_180_jours,
    sum(reste_a_payer) as total
from {{ ref('mart_performance_financiere') }}
group by code_zone_industrielle
having sum(reste_a_payer) > 0
order by total desc
