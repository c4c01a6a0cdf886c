{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_les_pas(faits_par_membre(), 'mois', famille=true) }}",
    post_hook="{{ appliquer(faits_par_membre().values()) }}",
) }}
{%- set suivi = suivre(faits_par_membre()) %}

with mois_changes as (
    select distinct
        famille,
        code_zone,
        {{ debut_du_pas('mois', 'date_jour') }} as mois
    from ({{ tranches_a_relire(suivi) }}) as tranches
),

volumes as (
    {% for cumul in mesures_par_membre() -%}
        {% if not loop.first -%}
            union all
        {% endif -%}
        select
            '{{ cumul.famille }}' as famille,
            code_zone,
            {{ debut_du_pas('mois', 'date_jour') }} as mois,
            code_provenance,
            {{ cumul.membre }} as code_membre,
            sum(volume) as volume,
            max(_run_id) as _run_id
        from {{ ref(cumul.fait) }}
        where
            {{ cumul.filtre }}
            and {{ jour_a_relire('date_jour', suivi, cumul.famille, 'mois') }}
        group by 1, 2, 3, 4, 5
    {% endfor %}
)

select
    volumes.famille,
    volumes.code_zone,
    volumes.mois,
    volumes.code_provenance,
    volumes.code_membre,
    cast(volumes.volume as bigint) as volume,
    volumes._run_id
from volumes
inner join mois_changes
    on
        volumes.famille = mois_changes.famille
        and volumes.code_zone = mois_changes.code_zone
        and volumes.mois = mois_changes.mois
