{{ config(
    pre_hook="{{ oublier_tranches(
        familles_du_fait('fait_provisoires'), 'changees.famille = fait_provisoires.famille'
    ) }}",
    post_hook="{{ avancer_le_fait() }}",
) }}
{%- set familles = familles_du_fait('fait_provisoires') %}

with tranches as (
    {{ tranches_du_fait(familles, '_file_id_provisoire') }}
),

-- Whoever won the slice: what the weekly file said stays comparable.
lignes as (
    {{ lignes_elues(
        familles,
        ['date_jour', 'code_zone', 'code_provenance', 'code_categorie'],
        '_file_id_provisoire',
        provisoires_seuls=true
    ) }}
)

select
    date_jour,
    code_zone,
    famille,
    code_provenance,
    code_categorie,
    cast(sum(volume) as {{ dbt.type_bigint() }}) as volume,
    _file_id,
    max(_run_id) as _run_id
from lignes
group by date_jour, code_zone, famille, code_provenance, code_categorie, _file_id
