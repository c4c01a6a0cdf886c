{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ oublier_cellules() }}",
    post_hook="{{ appliquer(['int_tourisme__cellules']) }}",
) }}

{%- set cles = 'code_zone, annee, code_periode' -%}
{#- How many members a ranking adds up. -#}
{%- set classements = {'nuitee_departement': 15, 'nuitee_pays': 5} %}

with cellules as (
    {{ cellules_changees() }}
),

cumuls as (
    select * from {{ ref('int_tourisme__cumuls_periode') }}
),

durees as (
    select * from {{ ref('dim_duree_sejour') }}
),

indicateurs as (
    select * from {{ ref('dim_indicateur') }}
),

tranches as (
    select * from {{ ref('int_fluxvision__tranches') }}
),

jours_livres as (
    select
        tranches.famille,
        cellules.code_zone,
        cellules.annee,
        cellules.code_periode,
        count(*) as jours_observes,
        {{ dbt.bool_or('tranches.est_provisoire') }} as est_provisoire
    from cellules
    inner join tranches
        on
            cellules.code_zone = tranches.code_zone
            and cellules.date_debut <= tranches.date_jour
            and cellules.date_fin >= tranches.date_jour
    where
        tranches.famille in ('nuitee_departement', 'nuitee_pays', 'sejour_duree')
        and tranches._file_id is not null
    group by
        tranches.famille, cellules.code_zone, cellules.annee, cellules.code_periode
),

cumuls_des_cellules as (
    select
        cumuls.famille,
        cumuls.code_zone,
        cumuls.annee,
        cumuls.code_periode,
        cumuls.code_provenance,
        cumuls.code_membre,
        cumuls.volume,
        cumuls._run_id,
        durees.nb_nuits,
        row_number() over (
            partition by
                cumuls.famille, cumuls.code_zone, cumuls.annee, cumuls.code_periode
            order by
                case when cumuls.code_membre = 'INCONNU' then 1 else 0 end,
                cumuls.volume desc,
                cumuls.code_membre asc
        ) as rang
    from cellules
    inner join cumuls
        on
            cellules.code_zone = cumuls.code_zone
            and cellules.annee = cumuls.annee
            and cellules.code_periode = cumuls.code_periode
    left join durees
        on
            cumuls.famille = 'sejour_duree'
            and cumuls.code_membre = durees.code_duree
),

valeurs as (
    {% for famille, combien in classements.items() -%}
        select
            famille,
            {{ cles }},
            '{{ famille.replace('nuitee', 'nuitees') }}' as mesure,
            sum(
                case
                    when code_membre <> 'INCONNU' and rang <= {{ combien }} then volume
                    else 0
                end
            ) as valeur,
            max(_run_id) as _run_id
        from cumuls_des_cellules
        where famille = '{{ famille }}'
        group by famille, {{ cles }}
        union all
    {% endfor -%}
    {% for mesure, provenances in {
        'duree_totale': "'NONLOCAL', 'ETRANGER'",
        'duree_francaise': "'NONLOCAL'",
        'duree_internationale': "'ETRANGER'",
    }.items() -%}
        select
            famille,
            {{ cles }},
            '{{ mesure }}' as mesure,
            {{ duree_moyenne('nb_nuits', 'volume') }} as valeur,
            max(_run_id) as _run_id
        from cumuls_des_cellules
        where
            famille = 'sejour_duree'
            and nb_nuits is not null
            and code_provenance in ({{ provenances }})
        group by famille, {{ cles }}
        {% if not loop.last -%}
            union all
        {% endif -%}
    {% endfor %}
)

select
    jours_livres.code_zone,
    jours_livres.annee,
    jours_livres.code_periode,
    indicateurs.code_indicateur,
    cast(
        case
            when indicateurs.unite = 'nuits' then valeurs.valeur
            else coalesce(valeurs.valeur, 0)
        end as numeric(20, 2)
    ) as valeur,
    cast(null as date) as date_valeur,
    jours_livres.jours_observes,
    jours_livres.est_provisoire,
    valeurs._run_id
from jours_livres
inner join indicateurs
    on jours_livres.famille = indicateurs.famille
left join valeurs
    on
        jours_livres.code_zone = valeurs.code_zone
        and jours_livres.annee = valeurs.annee
        and jours_livres.code_periode = valeurs.code_periode
        and indicateurs.mesure = valeurs.mesure
where valeurs.valeur is not null or indicateurs.unite <> 'nuits'
