-- Each landed row was read by staging, or set aside with a reason.
{{ config(
    enabled=var('audit', false) and 'fluxvision' in var('sources'), tags=['audit']
) }}

with bilan as (
    {{ bilan_des_fichiers() }}
)

select
    table_name,
    _file_id,
    lignes_brutes,
    lignes_lues,
    rejets
from bilan
where lignes_brutes <> lignes_lues + rejets
