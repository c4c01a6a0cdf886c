{%- set precedentes = [1, 2, 3, 4] %}

with indicateurs as (
    select * from {{ ref('dim_indicateur') }}
),

valeurs as (
    select * from {{ ref('int_tourisme__indicateurs_jours') }}
    union all
    select * from {{ ref('int_tourisme__indicateurs_membres') }}
),

valeurs_des_annees as (
    select
        code_zone,
        annee,
        code_periode,
        code_indicateur,
        valeur,
        date_valeur,
        {% for ecart in precedentes -%}
            cast(
                max(valeur) over (
                    partition by code_zone, code_periode, code_indicateur
                    order by annee
                    range between {{ ecart }} preceding and {{ ecart }} preceding
                ) as numeric(20, 2)
            ) as valeur_n{{ ecart }},
        {% endfor -%}
        jours_observes,
        est_provisoire,
        _run_id
    from valeurs
)

select
    valeurs.code_zone,
    valeurs.annee,
    valeurs.code_periode,
    valeurs.code_indicateur,
    indicateurs.numero,
    indicateurs.nom_indicateur,
    indicateurs.unite,
    valeurs.valeur,
    valeurs.date_valeur,
    {% for ecart in precedentes -%}
        valeurs.valeur_n{{ ecart }},
    {% endfor -%}
    {{ evolution('valeurs.valeur', 'valeurs.valeur_n1') }} as evolution,
    {% for ecart in precedentes[:-1] -%}
        {{ evolution('valeurs.valeur_n' ~ ecart, 'valeurs.valeur_n' ~ (ecart + 1)) }}
            as evolution_n{{ ecart }},
    {% endfor -%}
    valeurs.jours_observes,
    valeurs.est_provisoire,
    valeurs._run_id
from valeurs_des_annees as valeurs
inner join indicateurs
    on valeurs.code_indicateur = indicateurs.code_indicateur
