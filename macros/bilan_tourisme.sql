{#- What becomes of the rows of Flux Vision, family by family: for the audits. -#}

{#- One row per file of every table: its raw rows, those that staging read and those that it set
    aside. -#}
{% macro bilan_des_fichiers() -%}
    {%- for table in fluxvision_tables() %}
    {%- set entite = fluxvision_entite(table) %}
    select
        '{{ table }}' as table_name,
        _file_id,
        cast(sum(brutes) as {{ dbt.type_bigint() }}) as lignes_brutes,
        cast(sum(lues) as {{ dbt.type_bigint() }}) as lignes_lues,
        cast(sum(rejets) as {{ dbt.type_bigint() }}) as rejets
    from (
        select _file_id, 1 as brutes, 0 as lues, 0 as rejets
        from {{ source('fluxvision', table) }}
        union all
        select _file_id, 0 as brutes, 1 as lues, 0 as rejets
        from {{ ref('stg_fluxvision__' ~ entite) }}
        union all
        select _file_id, 0 as brutes, 0 as lues, 1 as rejets
        from {{ ref('stg_fluxvision__' ~ entite ~ '__rejets') }}
    ) as lignes
    group by _file_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- One row per family that has a fact, zone and day: what staging read of it, of which totals and
    rows of files that did not win the day, and the volume of those that did. -#}
{% macro bilan_des_lignes() -%}
    {%- set familles = familles_en_faits() %}
    {%- for table in fluxvision_tables() if fluxvision_famille(table) in familles %}
    select
        '{{ fluxvision_famille(table) }}' as famille,
        lignes.code_zone,
        lignes.date_jour,
        count(*) as lignes_lues,
        sum(case when lignes.est_total then 1 else 0 end) as totaux,
        sum(
            case when not lignes.est_total and tranches._file_id is null then 1 else 0 end
        ) as lignes_d_autres_fichiers,
        sum(
            case
                when lignes.est_total or tranches._file_id is null then 0 else lignes.volume
            end
        ) as volume_elu
    from {{ ref('stg_fluxvision__' ~ fluxvision_entite(table)) }} as lignes
    left join {{ ref('int_fluxvision__tranches') }} as tranches
        on
            tranches.famille = '{{ fluxvision_famille(table) }}'
            and lignes.code_zone = tranches.code_zone
            and lignes.date_jour = tranches.date_jour
            and lignes._file_id = tranches._file_id
    group by lignes.code_zone, lignes.date_jour
    union all
    {%- endfor %}
    select null, null, null, 0, 0, 0, 0 where false
{%- endmacro %}

{#- The same of the facts: rows and volume. -#}
{% macro bilan_des_faits() -%}
    {%- for fait in [
        'fait_nuitees', 'fait_diurnes', 'fait_sejours_duree', 'fait_lieux',
    ] %}
    {%- for detail, suffixe in {'': '', '_departements': '_departement', '_pays': '_pays'}.items() %}
    {%- set famille = "'lieu_' || type_lieu || '" ~ suffixe ~ "'" if fait == 'fait_lieux'
        else "'" ~ familles_du_fait(fait ~ detail)[0] ~ "'" %}
    select
        {{ famille }} as famille,
        code_zone,
        date_jour,
        count(*) as lignes_du_fait,
        sum(volume) as volume_du_fait
    from {{ ref(fait ~ detail) }}
    group by {{ 'type_lieu, ' if fait == 'fait_lieux' }}code_zone, date_jour
    union all
    {%- endfor %}
    {%- endfor %}
    select null, null, null, 0, 0 where false
{%- endmacro %}

{#- The families that a fact holds: all but those of age and lifestyle. -#}
{% macro familles_en_faits() -%}
    {%- set familles = [] -%}
    {%- for famille in fluxvision_familles()
        if not famille.endswith('_age') and not famille.endswith('_geolife') -%}
        {%- do familles.append(famille) -%}
    {%- endfor -%}
    {{ return(familles) }}
{%- endmacro %}
