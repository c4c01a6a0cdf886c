-- Which requests of each quarter took, or have waited, longer than the agency has.
{{ config(enabled='sigeti' in var('sources')) }}

select
    annee,
    trimestre,
    sum(nb_demandes) as demandes,
    sum(nb_demandes_hors_delai) as hors_delai,
    round(
        100.0 * sum(nb_demandes_hors_delai) / nullif(sum(nb_demandes), 0), 2
    ) as part_hors_delai
from {{ ref('mart_kpi_operationnels') }}
group by annee, trimestre
having sum(nb_demandes) > 0
order by annee, trimestre
