{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_cellules() }}",
    post_hook="{{ appliquer(['int_tourisme__cellules']) }}",
) }}

{%- set mesures = {
    'nuitees_total': 'sum(touristes)',
    'nuitees_francaises': 'sum(touristes_francais)',
    'nuitees_internationales': 'sum(touristes - touristes_francais)',
    'excursionnistes_total': 'sum(excursionnistes)',
    'excursionnistes_francais': 'sum(excursionnistes_francais)',
    'excursionnistes_internationaux': 'sum(excursionnistes - excursionnistes_francais)',
    'presences': 'sum(presences)',
    'pic_excursionnistes': 'max(excursionnistes_francais)',
} %}

with cellules as (
    {{ cellules_changees() }}
),

evenements as (
    select * from {{ ref('int_tourisme__evenements') }}
),

indicateurs as (
    select * from {{ ref('dim_indicateur') }}
),

jours as (
    select * from {{ ref('int_tourisme__jours') }}
),

-- The period itself, and the events that it holds from their first to their last day.
fenetres as (
    select
        code_zone,
        annee,
        code_periode,
        'periode' as code_fenetre,
        date_debut,
        date_fin
    from cellules
    union all
    select
        cellules.code_zone,
        cellules.annee,
        cellules.code_periode,
        evenements.code_fenetre,
        evenements.date_debut,
        evenements.date_fin
    from cellules
    inner join evenements
        on
            cellules.date_debut <= evenements.date_debut
            and cellules.date_fin >= evenements.date_fin
    where
        evenements.code_periode is null
        or evenements.code_periode = cellules.code_periode
),

jours_des_fenetres as (
    select
        fenetres.code_zone,
        fenetres.annee,
        fenetres.code_periode,
        fenetres.code_fenetre,
        jours.famille,
        jours.date_jour,
        jours.touristes,
        jours.touristes_francais,
        jours.excursionnistes,
        jours.excursionnistes_francais,
        jours.presences,
        jours.est_provisoire,
        jours._run_id,
        -- Two days with the same peak: the earlier one is named.
        row_number() over (
            partition by
                fenetres.code_zone,
                fenetres.annee,
                fenetres.code_periode,
                fenetres.code_fenetre,
                jours.famille
            order by jours.excursionnistes_francais desc, jours.date_jour asc
        ) as rang
    from fenetres
    inner join jours
        on
            fenetres.code_zone = jours.code_zone
            and fenetres.date_debut <= jours.date_jour
            and fenetres.date_fin >= jours.date_jour
),

mesures_des_fenetres as (
    select
        code_zone,
        annee,
        code_periode,
        code_fenetre,
        famille,
        {% for mesure, formule in mesures.items() -%}
            {{ formule }} as {{ mesure }},
        {% endfor -%}
        max(case when rang = 1 and excursionnistes_francais > 0 then date_jour end)
            as date_du_pic,
        count(*) as jours_observes,
        {{ dbt.bool_or('est_provisoire') }} as est_provisoire,
        max(_run_id) as _run_id
    from jours_des_fenetres
    group by code_zone, annee, code_periode, code_fenetre, famille
)

select
    mesures.code_zone,
    mesures.annee,
    mesures.code_periode,
    indicateurs.code_indicateur,
    cast(
        case indicateurs.mesure
            {%- for mesure in mesures %}
                when '{{ mesure }}' then mesures.{{ mesure }}
            {%- endfor %}
        end as numeric(20, 2)
    ) as valeur,
    case
        when indicateurs.mesure = 'pic_excursionnistes' then mesures.date_du_pic
    end as date_valeur,
    mesures.jours_observes,
    mesures.est_provisoire,
    mesures._run_id
from mesures_des_fenetres as mesures
inner join indicateurs
    on
        mesures.famille = indicateurs.famille
        and mesures.code_fenetre = indicateurs.code_fenetre
