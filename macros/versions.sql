{#- What a version of an SCD2 dimension has besides its content: key, from when, until when. The first
    version that a snapshot saw holds from the beginning, so that no fact falls out; a version ends when
    the next one that can be read begins, the last one when its row was gone. -#}
{% macro colonnes_de_version(versions, cle_naturelle, cle) -%}
    {{ dbt.hash(dbt.concat([
        "cast(" ~ versions ~ "." ~ cle_naturelle ~ " as " ~ dbt.type_string() ~ ")",
        "'|'",
        "cast(" ~ versions ~ ".dbt_valid_from as " ~ dbt.type_string() ~ ")",
    ])) }} as {{ cle }},
    case
        when {{ rang_de_version(versions, cle_naturelle) }} > 1 then {{ versions }}.dbt_valid_from
        else cast('1900-01-01' as {{ dbt.type_timestamp() }})
    end as valide_du,
    coalesce({{ version_suivante(versions, cle_naturelle) }}, {{ versions }}.dbt_valid_to) as valide_au,
    {{ versions }}.dbt_valid_to is null as est_courant,
    {{ version_suivante(versions, cle_naturelle) }} is null as est_derniere_version
{%- endmacro %}

{% macro rang_de_version(versions, cle_naturelle) -%}
    row_number() over (partition by {{ versions }}.{{ cle_naturelle }} order by {{ versions }}.dbt_valid_from)
{%- endmacro %}

{% macro version_suivante(versions, cle_naturelle) -%}
    lead({{ versions }}.dbt_valid_from) over (
        partition by {{ versions }}.{{ cle_naturelle }} order by {{ versions }}.dbt_valid_from
    )
{%- endmacro %}

{#- The same for a member that no source has (INCONNU): always valid. -#}
{% macro colonnes_de_membre(code, cle) -%}
    '{{ code }}' as {{ cle }},
    cast('1900-01-01' as {{ dbt.type_timestamp() }}) as valide_du,
    cast(null as {{ dbt.type_timestamp() }}) as valide_au,
    true as est_courant,
    true as est_derniere_version
{%- endmacro %}

{#- Whether a version of a dimension holds on a day; the last one goes on holding. -#}
{% macro version_du_jour(dimension, jour) -%}
    {{ dimension }}.valide_du <= {{ jour }}
    and ({{ dimension }}.est_derniere_version or {{ dimension }}.valide_au > {{ jour }})
{%- endmacro %}

{#- A natural code that the source gave twice belongs to the smaller id; the others add their id, and so
    does one that is called as a member that no source has. -#}
{% macro code_sans_doublon(code, id) -%}
    case
        when
            row_number() over (partition by {{ code }} order by {{ id }}) = 1
            and {{ code }} not in ('INCONNU', 'PLUSIEURS')
            then {{ code }}
        else {{ code }} || '-' || cast({{ id }} as {{ dbt.type_string() }})
    end
{%- endmacro %}
