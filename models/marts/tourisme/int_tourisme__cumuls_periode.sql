-- noqa: disable=LT02
-- (Branches are indented for the reader, not as one of them compiles.)
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_cellules() }}",
    post_hook="{{ appliquer(['int_tourisme__cellules']) }}",
) }}

with cellules as (
    {{ cellules_changees() }}
),

cumuls_mois as (
    select * from {{ ref('int_tourisme__cumuls_mois') }}
),

dates as (
    select
        date_jour,
        {{ debut_du_pas('mois', 'date_jour') }} as mois,
        count(*)
            over (partition by {{ debut_du_pas('mois', 'date_jour') }})
            as jours_du_mois
    from {{ ref('dim_date') }}
),

fenetres as (
    select distinct
        annee,
        code_periode,
        date_debut,
        date_fin
    from cellules
),

jours_des_fenetres as (
    select
        fenetres.annee,
        fenetres.code_periode,
        dates.mois,
        dates.date_jour,
        dates.jours_du_mois = count(*) over (
            partition by fenetres.annee, fenetres.code_periode, dates.mois
        ) as est_mois_entier
    from fenetres
    inner join dates
        on dates.date_jour between fenetres.date_debut and fenetres.date_fin
),

-- Whole months come from their sums, the days at the ends of a window from the facts.
mois_entiers as (
    select distinct
        cellules.code_zone,
        cellules.annee,
        cellules.code_periode,
        jours.mois
    from cellules
    inner join jours_des_fenetres as jours
        on
            cellules.annee = jours.annee
            and cellules.code_periode = jours.code_periode
    where jours.est_mois_entier
),

jours_isoles as (
    select
        cellules.code_zone,
        cellules.annee,
        cellules.code_periode,
        jours.date_jour
    from cellules
    inner join jours_des_fenetres as jours
        on
            cellules.annee = jours.annee
            and cellules.code_periode = jours.code_periode
    where not jours.est_mois_entier
),

bornes as (
    select
        min(date_jour) as premier_jour,
        max(date_jour) as dernier_jour
    from jours_isoles
),

volumes as (
    select
        cumuls_mois.famille,
        mois_entiers.code_zone,
        mois_entiers.annee,
        mois_entiers.code_periode,
        cumuls_mois.code_provenance,
        cumuls_mois.code_membre,
        cumuls_mois.volume,
        cumuls_mois._run_id
    from mois_entiers
    inner join cumuls_mois
        on
            mois_entiers.code_zone = cumuls_mois.code_zone
            and mois_entiers.mois = cumuls_mois.mois
    {% for cumul in mesures_par_membre() -%}
        union all
        select
            '{{ cumul.famille }}' as famille,
            jours_isoles.code_zone,
            jours_isoles.annee,
            jours_isoles.code_periode,
            faits.code_provenance,
            faits.{{ cumul.membre }} as code_membre,
            faits.volume,
            faits._run_id
        from jours_isoles
        inner join {{ ref(cumul.fait) }} as faits
            on
                jours_isoles.code_zone = faits.code_zone
                and jours_isoles.date_jour = faits.date_jour
        where
            {{ filtre_de(cumul, 'faits') }}
            {%- if versions_depuis('int_tourisme__cellules') != -1 %}
                and faits.date_jour >= (select bornes.premier_jour from bornes)
                and faits.date_jour <= (select bornes.dernier_jour from bornes)
            {%- endif %}
    {% endfor %}
)

select
    famille,
    code_zone,
    annee,
    code_periode,
    code_provenance,
    code_membre,
    cast(sum(volume) as bigint) as volume,
    max(_run_id) as _run_id
from volumes
group by famille, code_zone, annee, code_periode, code_provenance, code_membre
