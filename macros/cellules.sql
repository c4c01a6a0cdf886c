{#- A cell is a published zone x a period of a year. `int_tourisme__cellules` gives each cell a
    version that grows whenever a day of its window, its window or a reference it uses changed.
    The models at that grain rebuild the cells that are newer than what they have applied: the
    pre-hook forgets them, the query writes them again. -#}

{#- The cells to write: columns code_zone, annee, code_periode, date_debut, date_fin. With
    `suivantes`, also the cells of that many following years, whose rows compare themselves with
    a changed cell. -#}
{% macro cellules_changees(suivantes=0) -%}
    {%- set depuis = versions_depuis('int_tourisme__cellules') %}
    select
        code_zone,
        annee,
        code_periode,
        date_debut,
        date_fin
    from {{ ref('int_tourisme__cellules') }}
    where
        date_debut is not null
    {%- if rien_de_neuf(['int_tourisme__cellules']) %}
        and false
    {%- elif depuis != -1 %}
        and (code_zone, annee, code_periode) in (
            {{ cles_des_cellules_changees(depuis, suivantes) }}
        )
    {%- endif %}
{%- endmacro %}

{% macro cles_des_cellules_changees(depuis, suivantes) -%}
    {%- for ecart in range(suivantes + 1) %}
            {%- if ecart %}
            union all
            {%- endif %}
            select code_zone, annee + {{ ecart }}, code_periode
            from {{ ref('int_tourisme__cellules') }}
            where version > {{ depuis }}
    {%- endfor %}
{%- endmacro %}

{#- Pre-hook: the rows of the changed cells go, in the transaction that writes them again. A cell
    that is no more (a vanished window, a zone no longer published) stays forgotten. -#}
{% macro oublier_cellules(suivantes=0) -%}
    {%- if execute and is_incremental() -%}
        {%- set depuis = versions_depuis('int_tourisme__cellules') -%}
        {%- if depuis == -1 -%}
            delete from {{ this }}
        {%- elif not rien_de_neuf(['int_tourisme__cellules']) -%}
            delete from {{ this }}
            where (code_zone, annee, code_periode) in (
            {{ cles_des_cellules_changees(depuis, suivantes) }}
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
