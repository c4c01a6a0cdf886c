-- The twenty whole hours with most pieces: what a machine can do when nothing stops it.
{{ config(enabled='atelier' in var('sources')) }}

select
    centres.nom_centre_usinage,
    rythme.date_production,
    rythme.heure,
    rythme.total_pieces
from {{ ref('mart_atelier_rythme') }} as rythme
inner join {{ ref('dim_centre_usinage') }} as centres
    on rythme.code_centre_usinage = centres.code_centre_usinage
where rythme.secondes_observees = 3600
order by
    rythme.total_pieces desc,
    rythme.date_production asc,
    rythme.code_centre_usinage asc,
    rythme.debut_heure asc
limit 20
