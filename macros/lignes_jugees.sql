{#- The CTEs that a staging view and its twin both read. First what a row says, then whether it can be
    used: a row without a readable day, zone or positive volume is out (with its `motif`); among the
    others, of those with the same labels and day in one file the last one holds (`rang` 1). -#}
{% macro lignes_jugees(table, libelles) -%}
with source as (
    select * from {{ source('fluxvision', table) }}
),

libelles_connus as (
    select * from {{ ref('stg_fluxvision__libelles_connus') }}
),

lignes_lues as (
    select
        _file_id,
        _row_number,
        _run_id,
        {{ lire_date('date') }} as date_jour,
        {{ libelle_de(['zone_observation', 'zone']) }} as libelle_zone,
        {{ libelle_de(['provenance']) }} as libelle_provenance,
        {{ libelle_de(['categorie_visiteur']) }} as libelle_categorie,
        {%- for colonne, brutes in libelles.items() %}
        {{ code_insee_de(brutes) if colonne == 'code_insee' else libelle_de(brutes) }} as {{ colonne }},
        {%- endfor %}
        {{ lire_volume('volume') }} as volume,
        nullif(trim(volume), '') as volume_brut,
        concat_ws(
            '; ', date, zone_observation, zone, provenance, categorie_visiteur
            {%- for colonne in libelles.values() | sum(start=[]) | unique %}, {{ colonne }}{% endfor %}, volume
        ) as ligne
    from source
),

lignes_motivees as (
    select
        *,
        {{ est_un_total(libelles) }} as est_total,
        case
            when date_jour is null then 'unreadable date'
            when not ({{ est_au_calendrier('date_jour') }}) then 'day outside the calendar'
            when libelle_zone is null then 'unreadable zone'
            when volume_brut is null then 'missing volume'
            when volume is null then 'unreadable volume'
            when volume <= 0 then 'volume not positive'
        end as motif,
        -- Said again as a case: the planner takes half of the rows for readable. Of `motif is
        -- null` it would expect one in two hundred, and loop where it should hash.
        case
            when volume > 0 and libelle_zone is not null and {{ est_au_calendrier('date_jour') }}
                then true
            else false
        end as est_lisible
    from lignes_lues
),

lignes_classees as (
    select
        *,
        row_number() over (
            partition by
                date_jour,
                {%- for colonne in libelles %}
                {{ colonne }},
                {%- endfor %}
                libelle_categorie,
                libelle_provenance,
                libelle_zone,
                _file_id,
                est_lisible
            order by _row_number desc
        ) as rang
    from lignes_motivees
)
{%- endmacro %}

{#- A row whose detail is labelled CUMUL is the total of the other rows. -#}
{% macro est_un_total(libelles) -%}
    {%- set details = ['libelle_categorie', 'libelle_provenance'] + (libelles.keys() | list) -%}
    coalesce('CUMUL' in ({{ details | join(', ') }}), false)
{%- endmacro %}
