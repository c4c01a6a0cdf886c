-- Each folder of logs is one of a machining centre. Lines of another one are in the
-- sessions of the unknown centre until the seed centres_usinage_dossiers names it.
{{ config(enabled='atelier' in var('sources'), severity='warn') }}

select
    dossier,
    count(distinct _file_id) as contenus,
    min(date_production) as premiere_date,
    max(date_production) as derniere_date
from {{ ref('int_atelier__revendications') }}
where code_centre_usinage = 'INCONNU' and est_active
group by dossier
