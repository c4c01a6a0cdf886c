{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_les_pas(faits_provisoires(), famille=true) }}",
    post_hook="{{ appliquer(producteurs_de(faits_provisoires())) }}",
) }}
{%- set suivi = suivre(faits_provisoires()) %}

with tranches as (
    {{ tranches_a_relire(suivi) }}
),

-- Slices that a consolidated file has won, whatever a weekly file said of them before.
tranches_consolidees as (
    select
        famille,
        code_zone,
        date_jour
    from tranches
    where
        not est_provisoire
        and _file_id is not null
),

provisoires as (
    select
        tranches_consolidees.famille,
        tranches_consolidees.code_zone,
        tranches_consolidees.date_jour,
        faits.code_provenance,
        faits.code_categorie,
        faits.volume,
        faits._run_id
    from tranches_consolidees
    inner join {{ ref('fait_provisoires') }} as faits
        on
            tranches_consolidees.famille = faits.famille
            and tranches_consolidees.code_zone = faits.code_zone
            and tranches_consolidees.date_jour = faits.date_jour
    where {{ jour_a_relire('faits.date_jour', suivi) }}
),

tranches_comparees as (
    select distinct
        famille,
        code_zone,
        date_jour
    from provisoires
),

consolides as (
    {% for famille, faits in faits_provisoires().items() -%}
        {% if not loop.first -%}
            union all
        {% endif -%}
        select
            tranches_comparees.famille,
            faits.code_zone,
            faits.date_jour,
            faits.code_provenance,
            faits.code_categorie,
            faits.volume,
            faits._run_id
        from tranches_comparees
        inner join {{ ref(faits[0]) }} as faits
            on
                tranches_comparees.code_zone = faits.code_zone
                and tranches_comparees.date_jour = faits.date_jour
        where
            tranches_comparees.famille = '{{ famille }}'
            {%- if faits[0] == 'fait_lieux' %}
                and faits.type_lieu = 'activite_soir'
            {%- endif %}
            and {{ jour_a_relire('faits.date_jour', suivi, famille) }}
    {% endfor %}
),

volumes as (
    select
        famille,
        code_zone,
        date_jour,
        code_provenance,
        code_categorie,
        volume as volume_provisoire,
        0 as volume_consolide,
        _run_id
    from provisoires
    union all
    select
        famille,
        code_zone,
        date_jour,
        code_provenance,
        code_categorie,
        0 as volume_provisoire,
        volume as volume_consolide,
        _run_id
    from consolides
)

select
    code_zone,
    famille,
    date_jour,
    code_provenance,
    code_categorie,
    cast(sum(volume_provisoire) as bigint) as volume_provisoire,
    cast(sum(volume_consolide) as bigint) as volume_consolide,
    cast(sum(volume_provisoire - volume_consolide) as bigint) as ecart,
    {{ evolution('sum(volume_provisoire)', 'sum(volume_consolide)') }} as ecart_relatif,
    max(_run_id) as _run_id
from volumes
group by code_zone, famille, date_jour, code_provenance, code_categorie
