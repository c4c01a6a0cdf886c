{#- For what is built over facts and rebuilt by zone and day. A mart follows its facts as they follow
    the slices (macros/filigranes.sql):

        config(
            materialized='incremental', incremental_strategy='append',
            pre_hook="{{ oublier_les_jours(['fait_nuitees']) }}",
            post_hook="{{ appliquer(['fait_nuitees']) }}",
        )
        with jours as ({{ jours_changes(['fait_nuitees']) }}) ...

    A mart of a coarser grain joins `jours_changes` to what it groups by, in its own pre-hook as in
    its query, and still ends with `appliquer`. `rien_de_neuf(faits)` tells that there is nothing to
    do, `est_reprise_totale(faits)` that everything is to be built again. -#}

{#- The zones and days that changed in some facts since this model's watermarks; every one of them at
    a full refresh, the first time, and after a fact was rebuilt in full. Days of which nothing is
    left are there too. -#}
{% macro jours_changes(faits) -%}
    {%- for fait in faits %}
    select code_zone, date_jour
    from {{ ref('int_fluxvision__tranches') }}
    where
        famille in ({{ litteraux(familles_du_fait(fait)) }})
        and version > {{ versions_depuis(fait) }}
    {{ 'union' if not loop.last }}
    {%- endfor %}
    {{ 'group by 1, 2' if faits | length == 1 }}
{%- endmacro %}

{#- Pre-hook: forgets the rows of the zones and days that changed, all rows when everything is to be
    built again. The model has the columns `code_zone` and `date_jour`. -#}
{% macro oublier_les_jours(faits) -%}
    {%- if execute and is_incremental() -%}
        {%- if est_reprise_totale(faits) -%}
            delete from {{ this }}
        {%- elif not rien_de_neuf(faits) -%}
            delete from {{ this }}
            where exists (
                select 1
                from ({{ jours_changes(faits) }}) as jours
                where
                    jours.code_zone = {{ this.identifier }}.code_zone
                    and jours.date_jour = {{ this.identifier }}.date_jour
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
