{#- The first filled one of some raw columns. -#}
{% macro premier_rempli(colonnes) -%}
    {%- if colonnes | length == 1 -%}
        {{ colonnes[0] }}
    {%- else -%}
        coalesce({% for colonne in colonnes %}nullif(trim({{ colonne }}), ''){{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{#- The same, as labels are compared. Each column is rewritten by itself: the first one is nearly
    always filled, and the others then cost nothing. -#}
{% macro libelle_de(colonnes) -%}
    {%- if colonnes | length == 1 -%}
        {{ libelle_normalise(colonnes[0]) }}
    {%- else -%}
        coalesce(
            {%- for colonne in colonnes %}
            {{ libelle_normalise(colonne) }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    {%- endif -%}
{%- endmacro %}

{#- An INSEE code as text; one that lost its leading zero to a spreadsheet gets it back. -#}
{% macro code_insee_de(colonnes) -%}
    coalesce(
        {%- for colonne in colonnes %}
        case
            when regexp_like({{ colonne }}, '^[0-9]{4}$') then '0' || {{ colonne }}
            else {{ libelle_normalise(colonne) }}
        end{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- The code of a label by one join on what the seeds know; the unknown member without one. -#}
{% macro code_connu(alias) -%}
    coalesce({{ alias }}.code, 'INCONNU')
{%- endmacro %}

{% macro jointure_connus(alias, nature, libelle) -%}
    left join libelles_connus as {{ alias }}
        on {{ alias }}.nature = '{{ nature }}' and {{ alias }}.libelle = {{ libelle }}
{%- endmacro %}
