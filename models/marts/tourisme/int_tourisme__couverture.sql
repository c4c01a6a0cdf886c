{%- set suivi = suivre(tranches_de_toutes_les_familles()) -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook=[
        "{{ oublier_les_pas(tranches_de_toutes_les_familles(), 'bimestre', famille=true) }}",
        "{{ joindre_par_hachage() }}",
    ],
    post_hook="{{ appliquer(['int_fluxvision__tranches']) }}",
) }}

with bimestres_changes as (
    select distinct
        famille,
        code_zone,
        {{ debut_du_pas('bimestre', 'date_jour') }} as bimestre
    from ({{ tranches_a_relire(suivi) }}) as tranches
),

tranches as (
    select
        famille,
        code_zone,
        date_jour,
        {{ debut_du_pas('bimestre', 'date_jour') }} as bimestre,
        est_provisoire,
        _file_id
    from {{ ref('int_fluxvision__tranches') }}
    where
        _file_id is not null
        and {{ jour_a_relire('date_jour', suivi, pas='bimestre') }}
),

fichiers as (
    select
        _file_id,
        _run_id
    from {{ ref('int_fluxvision__fichiers') }}
)

select
    tranches.famille,
    tranches.code_zone,
    tranches.bimestre,
    sum(case when tranches.est_provisoire then 0 else 1 end) as jours_consolides,
    sum(case when tranches.est_provisoire then 1 else 0 end) as jours_provisoires,
    min(tranches.date_jour) as premier_jour,
    max(tranches.date_jour) as dernier_jour,
    max(fichiers._run_id) as _run_id
from tranches
inner join bimestres_changes
    on
        tranches.famille = bimestres_changes.famille
        and tranches.code_zone = bimestres_changes.code_zone
        and tranches.bimestre = bimestres_changes.bimestre
left join fichiers
    on tranches._file_id = fichiers._file_id
group by tranches.famille, tranches.code_zone, tranches.bimestre
