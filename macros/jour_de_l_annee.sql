{#- The date of a year (an integer expression) and a 'MM-DD' text; null when either is null. -#}
{% macro jour_de_l_annee(annee, mois_jour) -%}
    cast(cast({{ annee }} as {{ dbt.type_string() }}) || '-' || {{ mois_jour }} as date)
{%- endmacro %}
