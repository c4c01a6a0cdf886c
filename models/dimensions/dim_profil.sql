{{ config(
    materialized='incremental',
    incremental_strategy='difference',
    unique_key='code_profil',
) }}

with profils as (
    select * from {{ ref('int_atelier__profils') }}
),

mesures as (
    select
        code_profil,
        min(longueur_min) as longueur_min,
        max(longueur_max) as longueur_max,
        min(date_production) as premiere_date,
        max(date_production) as derniere_date,
        sum(nb_jobs) as nb_jobs
    from profils
    group by code_profil
),

{% for colonne in ['couleur', 'famille_profil'] -%}
    valeurs_{{ colonne }} as (
        select distinct
            code_profil,
            {{ colonne }}
        from profils
        where {{ colonne }} <> ''
    ),

    {{ colonne }}s as (
        select
            code_profil,
            {{ dbt.listagg(colonne, "', '", "order by " ~ par_octets(colonne)) }}
                as valeurs
        from valeurs_{{ colonne }}
        group by code_profil
    ){{ ',' if not loop.last }}

{% endfor %}
select
    mesures.code_profil,
    mesures.code_profil as nom_profil,
    famille_profils.valeurs as familles,
    couleurs.valeurs as couleurs,
    mesures.longueur_min,
    mesures.longueur_max,
    mesures.premiere_date,
    mesures.derniere_date,
    cast(mesures.nb_jobs as {{ dbt.type_bigint() }}) as nb_jobs
from mesures
left join famille_profils on mesures.code_profil = famille_profils.code_profil
left join couleurs on mesures.code_profil = couleurs.code_profil
union all
select
    'INCONNU' as code_profil,
    'Inconnu' as nom_profil,
    cast(null as {{ dbt.type_string() }}) as familles,
    cast(null as {{ dbt.type_string() }}) as couleurs,
    cast(null as numeric(8, 2)) as longueur_min,
    cast(null as numeric(8, 2)) as longueur_max,
    cast(null as date) as premiere_date,
    cast(null as date) as derniere_date,
    cast(0 as {{ dbt.type_bigint() }}) as nb_jobs
