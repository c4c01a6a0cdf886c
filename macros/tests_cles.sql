{#- Every key of a model is in its dimension; whether it may be null is the contract's to say.
    `dimensions`: key -> dimension, or dimension.column where the column has another name. One node
    for all keys. -#}
{% test cles_connues(model, dimensions) -%}
    {#- What `entrepot failures` may keep of a failed row. -#}
    {{ config(meta={'cles': ['cle', 'valeur']}) }}
    {%- for cle, cible in dimensions.items() %}
    {%- set dimension, _, colonne = cible.partition('.') %}
    select '{{ cle }}' as cle, cast(fait.{{ cle }} as {{ dbt.type_string() }}) as valeur
    from {{ model }} as fait
    where
        fait.{{ cle }} is not null
        and not exists (
            select 1 from {{ ref(dimension) }} as dimension
            where dimension.{{ colonne or cle }} = fait.{{ cle }}
        )
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endtest %}

{#- Every row belongs to one of another fact, by a key of several columns. -#}
{% test rattachement_connu(model, fait, columns) -%}
    select lignes.{{ columns | join(', lignes.') }}
    from {{ model }} as lignes
    where not exists (
        select 1 from {{ fait }} as faits
        where
        {%- for colonne in columns %}
            faits.{{ colonne }} = lignes.{{ colonne }} {{- ' and' if not loop.last }}
        {%- endfor %}
    )
{%- endtest %}
