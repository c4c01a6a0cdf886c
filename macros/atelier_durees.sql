{#- Minutes since midnight of an hour written HH:MM. -#}
{% macro minutes_de(heure) -%}
    (
        60 * cast({{ dbt.split_part(heure, "':'", 1) }} as integer)
        + cast({{ dbt.split_part(heure, "':'", 2) }} as integer)
    )
{%- endmacro %}

{#- Seconds from one moment to another, with decimals; null when one is not known. -#}
{% macro secondes_entre(debut, fin) -%}
    {{ return(adapter.dispatch('secondes_entre', 'entrepot')(debut, fin)) }}
{%- endmacro %}

{% macro default__secondes_entre(debut, fin) -%}
    (unix_micros({{ fin }}) - unix_micros({{ debut }})) / 1000000.0
{%- endmacro %}

{% macro postgres__secondes_entre(debut, fin) -%}
    extract(epoch from {{ fin }} - {{ debut }})
{%- endmacro %}

{#- Hours with four decimals. -#}
{% macro en_heures_decimales(secondes) -%}
    cast(({{ secondes }}) / 3600.0 as numeric(9, 4))
{%- endmacro %}

{#- Share in %, two decimals; null of nothing. -#}
{% macro taux_atelier(partie, total) -%}
    cast(100.0 * ({{ partie }}) / nullif({{ total }}, 0) as numeric(5, 2))
{%- endmacro %}

{#- Length class of a stop or a wait, by its seconds. -#}
{% macro classe_de_duree(secondes) -%}
    case
        when {{ secondes }} < 60 then 'MOINS_1_MIN'
        when {{ secondes }} < 300 then '1_A_5_MIN'
        when {{ secondes }} < 900 then '5_A_15_MIN'
        when {{ secondes }} < 3600 then '15_A_60_MIN'
        else 'PLUS_1_H'
    end
{%- endmacro %}

{#- The CTE `fenetres`: from the first to the last piece of each session of `evenements`. -#}
{% macro fenetres_des_sessions() -%}
fenetres as (
    select
        code_centre_usinage,
        date_production,
        min(horodatage) as premiere_piece,
        max(horodatage) as derniere_piece
    from evenements
    where type_evenement = 'StukUitgevoerd'
    group by code_centre_usinage, date_production
)
{%- endmacro %}

{#- A beginning and an end, clipped to `premiere_piece` and `derniere_piece`; null in a session without
    a piece. -#}
{% macro debut_dans_la_fenetre(debut) -%}
    case when premiere_piece is not null then greatest({{ debut }}, premiere_piece) end
{%- endmacro %}

{% macro fin_dans_la_fenetre(fin) -%}
    case when derniere_piece is not null then least({{ fin }}, derniere_piece) end
{%- endmacro %}

{#- Seconds from one moment to another; 0 when the second is not later, or one is not known. -#}
{% macro secondes_positives(debut, fin) -%}
    case when {{ fin }} > {{ debut }} then {{ secondes_entre(debut, fin) }} else 0 end
{%- endmacro %}

{#- Seconds of a shift from HH:MM to HH:MM; one that does not end after it begins ends the next day. -#}
{% macro secondes_d_equipe(debut, fin) -%}
    60 * (
        {{ minutes_de(fin) }} - {{ minutes_de(debut) }}
        + case when {{ fin }} <= {{ debut }} then 1440 else 0 end
    )
{%- endmacro %}
