-- In each two months of a zone, the rows that won their slices have the volume that the
-- fact of their family has; `lignes_d_autres_fichiers` and totals are in neither.
{{ config(
    enabled=var('audit', false) and 'fluxvision' in var('sources'), tags=['audit']
) }}

with lignes as (
    {{ bilan_des_lignes() }}
),

faits as (
    {{ bilan_des_faits() }}
),

deux_cotes as (
    select
        famille,
        code_zone,
        {{ debut_du_pas('bimestre', 'date_jour') }} as bimestre,
        lignes_lues,
        totaux,
        lignes_d_autres_fichiers,
        volume_elu,
        0 as lignes_du_fait,
        0 as volume_du_fait
    from lignes
    union all
    select
        famille,
        code_zone,
        {{ debut_du_pas('bimestre', 'date_jour') }} as bimestre,
        0 as lignes_lues,
        0 as totaux,
        0 as lignes_d_autres_fichiers,
        0 as volume_elu,
        lignes_du_fait,
        volume_du_fait
    from faits
)

select
    famille,
    code_zone,
    {{ code_du_bimestre('bimestre') }} as code_bimestre,
    sum(lignes_lues) as lignes_lues,
    sum(totaux) as totaux,
    sum(lignes_d_autres_fichiers) as lignes_d_autres_fichiers,
    sum(lignes_du_fait) as lignes_du_fait,
    sum(volume_elu) as volume_elu,
    sum(volume_du_fait) as volume_du_fait
from deux_cotes
group by famille, code_zone, bimestre
having sum(volume_elu) <> sum(volume_du_fait)
