{#- The date of a year (an integer expression) and of a text 'MM-DD'; null when either is. -#}
{% macro jour_de_l_annee(annee, mois_jour) -%}
    cast(cast({{ annee }} as {{ dbt.type_string() }}) || '-' || {{ mois_jour }} as date)
{%- endmacro %}
