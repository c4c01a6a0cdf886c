-- On which day of the week do most excursionists come to the Lioran?
{{ config(enabled='fluxvision' in var('sources')) }}

select
    numero_jour,
    jour_semaine,
    round(avg(presences)) as presences_moyennes
from {{ ref('mart_tourisme_frequentation_jour') }}
where
    code_zone = 'LIORAN'
    and code_categorie = 'EXCURSIONNISTE'
    and code_provenance = 'NONLOCAL'
group by numero_jour, jour_semaine
order by numero_jour
