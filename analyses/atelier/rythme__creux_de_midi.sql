-- How much slower than the rest of the day is a machine from 12 to 14 h?
{{ config(enabled='atelier' in var('sources')) }}

with rythmes as (
    select
        code_centre_usinage,
        3600.0
        * sum(case when heure in (12, 13) then total_pieces end)
        / nullif(sum(case when heure in (12, 13) then secondes_observees end), 0)
            as pieces_par_heure_a_midi,
        3600.0
        * sum(case when heure not in (12, 13) then total_pieces end)
        / nullif(sum(case when heure not in (12, 13) then secondes_observees end), 0)
            as pieces_par_heure_sinon
    from {{ ref('mart_atelier_rythme') }}
    group by code_centre_usinage
)

select
    centres.nom_centre_usinage,
    round(rythmes.pieces_par_heure_a_midi, 1) as pieces_par_heure_a_midi,
    round(rythmes.pieces_par_heure_sinon, 1) as pieces_par_heure_sinon,
    round(
        100 * (rythmes.pieces_par_heure_a_midi / rythmes.pieces_par_heure_sinon - 1), 1
    ) as ecart
from rythmes
inner join {{ ref('dim_centre_usinage') }} as centres
    on rythmes.code_centre_usinage = centres.code_centre_usinage
order by centres.nom_centre_usinage
