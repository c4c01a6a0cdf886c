-- Two rows of a seed never say two things of one day, and hours are written HH:MM.
{{ config(enabled='atelier' in var('sources')) }}

with equipes as (
    select * from {{ ref('equipes_atelier') }}
),

centres as (
    select * from {{ ref('centres_usinage') }}
)

select
    'equipes_atelier' as graine,
    equipes.code_centre_usinage,
    equipes.code_equipe as detail
from equipes
inner join equipes as autres
    on
        equipes.code_centre_usinage = autres.code_centre_usinage
        and equipes.code_equipe = autres.code_equipe
        and equipes.numero_jour = autres.numero_jour
        and equipes.valide_du < autres.valide_du
        and coalesce(equipes.valide_au >= autres.valide_du, true)
union all
select
    'equipes_atelier' as graine,
    code_centre_usinage,
    code_equipe as detail
from equipes
group by code_centre_usinage, code_equipe, numero_jour, valide_du
having count(*) > 1
union all
select
    'equipes_atelier' as graine,
    code_centre_usinage,
    debut || ' ' || fin as detail
from equipes
where
    not regexp_like(debut, '^([01][0-9]|2[0-3]):[0-5][0-9]$')
    or not regexp_like(fin, '^([01][0-9]|2[0-3]):[0-5][0-9]$')
    or numero_jour not between 1 and 7
    or valide_au < valide_du
union all
select
    'centres_usinage' as graine,
    code_centre_usinage,
    debut_journee as detail
from centres
where not regexp_like(debut_journee, '^([01][0-9]|2[0-3]):[0-5][0-9]$')
union all
select
    'centres_usinage_dossiers' as graine,
    min(code_centre_usinage) as code_centre_usinage,
    {{ dossier_compare('dossier') }} as detail
from {{ ref('centres_usinage_dossiers') }}
group by {{ dossier_compare('dossier') }}
having count(*) > 1
union all
select
    'cycles_theoriques' as graine,
    code_centre_usinage,
    coalesce(upper(reference), '') as detail
from {{ ref('cycles_theoriques') }}
group by code_centre_usinage, upper(reference)
having count(*) > 1 or min(secondes_par_piece) <= 0
union all
select
    'rebuts_atelier' as graine,
    code_centre_usinage,
    cast(date_production as {{ dbt.type_string() }}) as detail
from {{ ref('rebuts_atelier') }}
group by code_centre_usinage, date_production
having count(*) > 1 or min(pieces_rebutees) < 0
