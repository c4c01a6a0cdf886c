-- Of each session with a window the three rates lie in 0 .. 100 and add up to 100, its
-- hours add up to the whole, and no other session has any.
{{ config(enabled='atelier' in var('sources')) }}

{% for modele in ['fait_session_production', 'mart_atelier_performance'] -%}
    select
        '{{ modele }}' as modele,
        code_centre_usinage,
        date_production,
        duree_production_totale,
        taux_occupation,
        taux_attente,
        taux_arret_volontaire
    from {{ ref(modele) }}
    where
        taux_occupation + taux_attente + taux_arret_volontaire <> 100
        or taux_occupation not between 0 and 100
        or taux_attente not between 0 and 100
        or taux_arret_volontaire not between 0 and 100
        or (duree_production_totale > 0 and taux_occupation is null)
        or abs(
            duree_production_totale - temps_production_effectif
            - temps_attente - temps_arret_volontaire
        ) > 0.0002
    {{ 'union all' if not loop.last }}
{% endfor %}
