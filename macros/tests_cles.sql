{#- Every key of a model is in its dimension. `dimensions`: key -> dimension. One node for all keys. -#}
{% test cles_connues(model, dimensions) -%}
    {%- for cle, dimension in dimensions.items() %}
    select '{{ cle }}' as cle, cast(fait.{{ cle }} as {{ dbt.type_string() }}) as valeur
    from {{ model }} as fait
    where not exists (
        select 1 from {{ ref(dimension) }} as dimension where dimension.{{ cle }} = fait.{{ cle }}
    )
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endtest %}
