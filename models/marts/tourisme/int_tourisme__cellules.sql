-- noqa: disable=LT02
-- (Branches are indented for the reader, not as one of them compiles.)
{%- set faits = faits_du_tourisme() -%}
{%- set suivi = suivre(faits) -%}
{#- The facts come first: a cell is only worth what they hold. -#}
{%- do ref('int_fluxvision__tranches') -%}
{%- for fait in faits.values() -%}
    {%- do ref(fait) -%}
{%- endfor -%}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['code_zone', 'annee', 'code_periode'],
    on_schema_change='fail',
    indexes=[{'columns': ['version']}],
    post_hook=["{{ publier() }}", "{{ appliquer(faits_du_tourisme().values()) }}"],
) }}

with periodes as (
    select * from {{ ref('dim_periode') }}
    where code_periode <> 'INCONNU'
),

zones_publiees as (
    select code_zone from {{ ref('dim_zone_observation') }}
    where est_publiee
),

-- What a cell uses besides the facts: if it moves, all cells are written again.
references_utilisees as (
    select
        'departement' as nature,
        code_departement as code,
        code_nouvelle_region as valeur
    from {{ ref('dim_departement') }}
    union all
    select
        'duree' as nature,
        code_duree as code,
        cast(nb_nuits as {{ dbt.type_string() }}) as valeur
    from {{ ref('dim_duree_sejour') }}
    union all
    select
        code_fenetre as nature,
        cast(date_debut as {{ dbt.type_string() }}) as code,
        cast(date_fin as {{ dbt.type_string() }}) as valeur
    from {{ ref('int_tourisme__evenements') }}
    union all
    select
        'indicateur' as nature,
        code_indicateur as code,
        famille || ' ' || mesure || ' ' || code_fenetre || ' ' || unite as valeur
    from {{ ref('dim_indicateur') }}
),

empreinte_des_references as (
    select
        {{ dbt.hash(dbt.listagg(
            "nature || '=' || code || ':' || coalesce(valeur, '')", "','",
            'order by nature, code, valeur'
        )) }} as empreinte
    from references_utilisees
),

cellules_voulues as (
    select
        zones_publiees.code_zone,
        periodes.annee,
        periodes.code_periode,
        periodes.date_debut,
        periodes.date_fin,
        {{ dbt.hash(
            "cast(periodes.date_debut as " ~ dbt.type_string() ~ ") || ':' || cast(periodes.date_fin as "
            ~ dbt.type_string() ~ ") || ':' || empreinte_des_references.empreinte"
        ) }} as empreinte
    from periodes
    cross join zones_publiees
    cross join empreinte_des_references
),

{% if is_incremental() -%}
    jours_changes as (
        select distinct
            code_zone,
            date_jour
        from ({{ tranches_a_relire(suivi) }}) as tranches
    ),

    cellules_touchees as (
        select distinct
            jours_changes.code_zone,
            periodes.annee,
            periodes.code_periode
        from jours_changes
        inner join periodes
            on jours_changes.date_jour between periodes.date_debut and periodes.date_fin
    ),

    cellules_connues as (
        select * from {{ this }}
    ),

    cellules_a_marquer as (
        select
            coalesce(voulues.code_zone, connues.code_zone) as code_zone,
            coalesce(voulues.annee, connues.annee) as annee,
            coalesce(voulues.code_periode, connues.code_periode) as code_periode,
            voulues.date_debut,
            voulues.date_fin,
            voulues.empreinte
        from cellules_voulues as voulues
        full outer join cellules_connues as connues
            on
                voulues.code_zone = connues.code_zone
                and voulues.annee = connues.annee
                and voulues.code_periode = connues.code_periode
        left join cellules_touchees as touchees
            on
                voulues.code_zone = touchees.code_zone
                and voulues.annee = touchees.annee
                and voulues.code_periode = touchees.code_periode
        where
            connues.code_zone is null
            or coalesce(voulues.empreinte, '') <> coalesce(connues.empreinte, '')
            or touchees.code_zone is not null
            -- The facts were rebuilt: what they no longer hold left no trace.
            or {{ 'true' if suivi.total else 'false' }}
    )
{%- else -%}
cellules_a_marquer as (
    select * from cellules_voulues
)
{%- endif %}

select
    code_zone,
    annee,
    code_periode,
    date_debut,
    date_fin,
    empreinte,
    {{ version_et_generation() }}
from cellules_a_marquer
