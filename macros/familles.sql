{#- The four families of places, of one variant ('', '_departement', '_pays'). -#}
{% macro familles_de_lieux(variante='') -%}
    {{ return([
        'lieu_activite_soir' ~ variante,
        'lieu_activite_veille' ~ variante,
        'lieu_nuitee_soir' ~ variante,
        'lieu_nuitee_veille' ~ variante,
    ]) }}
{%- endmacro %}

{#- The families that a fact is made of, by its name. -#}
{% macro familles_du_fait(fait) -%}
    {%- set detail = '_departement' if fait.endswith('_departements')
        else '_pays' if fait.endswith('_pays') else '' -%}
    {%- if fait.startswith('fait_lieux') -%}
        {{ return(familles_de_lieux(detail)) }}
    {%- endif -%}
    {%- if fait == 'fait_provisoires' -%}
        {{ return(fluxvision_provisoires().values() | list) }}
    {%- endif -%}
    {%- set bases = {
        'fait_nuitees': 'nuitee', 'fait_diurnes': 'diurne', 'fait_sejours_duree': 'sejour_duree',
    } -%}
    {%- for debut, base in bases.items() if fait.startswith(debut) -%}
        {{ return([base ~ detail]) }}
    {%- endfor -%}
    {{ return([]) }}
{%- endmacro %}
