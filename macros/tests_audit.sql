{#- The full audit, weekly: `dbt test --vars 'audit: true' --select tag:audit`. It reads every raw and
    every fact row, so these tests do not exist in an ordinary build: `vars: audit` enables them. -#}

{#- A fact is what reading all its files again would give, slice by slice. `famille` and `detail` are
    those of the fact's own query. -#}
{% test audit_relecture(model, famille, detail=[]) -%}
    {{ config(enabled=var('audit', false), tags=['audit']) }}
    {%- set cles = ['date_jour', 'code_zone', 'code_provenance', 'code_categorie'] + detail -%}
    {%- set colonnes = (cles + ['volume', 'est_provisoire', '_file_id']) | join(', ') -%}
    {{ differences(colonnes, fait_tourisme([famille], detail), 'select * from ' ~ model) }}
{%- endtest %}

{#- The same for a fact of places. -#}
{% test audit_relecture_des_lieux(model, variante='', detail=[]) -%}
    {{ config(enabled=var('audit', false), tags=['audit']) }}
    {%- set cles = ['date_jour', 'code_zone', 'type_lieu', 'code_provenance', 'code_categorie'] -%}
    {%- set colonnes = (
        cles + detail + ['code_epci', 'code_commune', 'volume', 'est_provisoire', '_file_id']
    ) | join(', ') -%}
    {{ differences(
        colonnes, fait_lieux_tourisme(variante, detail), 'select * from ' ~ model
    ) }}
{%- endtest %}

{#- The same for what the weekly files said before their periods were consolidated. -#}
{% test audit_relecture_des_provisoires(model) -%}
    {{ config(enabled=var('audit', false), tags=['audit']) }}
    {{ differences(
        'date_jour, code_zone, famille, code_provenance, code_categorie, volume, _file_id',
        fait_des_provisoires(),
        'select * from ' ~ model
    ) }}
{%- endtest %}

{#- A history has, as its current rows, the image of the source that it is made of, and no two versions
    of a key hold at a time. Key and image are those of the snapshot's own declaration. -#}
{% test audit_histoire(model) -%}
    {{ config(enabled=var('audit', false), tags=['audit'], meta={'cles': ['cle']}) }}
    {%- if execute -%}
    {%- set histoire = graph.nodes.values()
        | selectattr('resource_type', 'equalto', 'snapshot')
        | selectattr('relation_name', 'equalto', model | string) | first -%}
    {%- set lu = histoire.depends_on.nodes | first -%}
    {%- set image = (graph.sources[lu] if lu in graph.sources else graph.nodes[lu]).relation_name -%}
    {%- set cle = "cast(" ~ histoire.config.unique_key ~ " as " ~ dbt.type_string() ~ ")" -%}
    with image as (
        select {{ cle }} as cle, _row_hash from {{ image }}
    ),

    versions as (
        select
            {{ cle }} as cle,
            _row_hash,
            dbt_valid_from,
            dbt_valid_to,
            lead(dbt_valid_from) over (
                partition by {{ histoire.config.unique_key }} order by dbt_valid_from
            ) as suivante
        from {{ model }}
    )

    select coalesce(image.cle, courantes.cle) as cle, 'not as the source has it' as ecart
    from image
    full join (select * from versions where dbt_valid_to is null) as courantes
        on image.cle = courantes.cle
    where image._row_hash is distinct from courantes._row_hash
    union all
    select cle, 'two versions at a time' as ecart
    from versions
    where
        dbt_valid_to < dbt_valid_from
        or suivante < dbt_valid_to
        or (suivante is not null and dbt_valid_to is null)
    {%- endif -%}
{%- endtest %}

{#- Every key of a fact is in its dimension. `dimensions`: key -> dimension. -#}
{% test audit_cles(model, dimensions) -%}
    {{ config(enabled=var('audit', false), tags=['audit'], meta={'cles': ['cle', 'valeur']}) }}
    {%- for cle, dimension in dimensions.items() %}
    select '{{ cle }}' as cle, cast(fait.{{ cle }} as {{ dbt.type_string() }}) as valeur
    from {{ model }} as fait
    where not exists (
        select 1 from {{ ref(dimension) }} as dimension where dimension.{{ cle }} = fait.{{ cle }}
    )
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endtest %}

{#- A fact of one row per row of its staging view: each is there, and says what it says. `colonnes`:
    column of the fact -> what it is, over the columns of the view. -#}
{% test audit_valeurs(model, vue, cle, colonnes, condition='true') -%}
    {{ config(enabled=var('audit', false), tags=['audit']) }}
    {%- set noms = [cle] + (colonnes.keys() | list) -%}
    {%- set attendu -%}
        select
            {{ cle }}
            {%- for nom, expression in colonnes.items() %},
            {{ expression }} as {{ nom }}
            {%- endfor %}
        from {{ vue }}
        where {{ condition }}
    {%- endset -%}
    {{ differences(noms | join(', '), attendu, 'select * from ' ~ model) }}
{%- endtest %}

{#- What two queries do not have in common, each read once: the rows with how often each has them. -#}
{% macro differences(colonnes, attendu, trouve) -%}
    select
        {{ colonnes }},
        sum(attendus) as attendus,
        sum(trouves) as trouves
    from (
        select {{ colonnes }}, 1 as attendus, 0 as trouves from ({{ attendu }}) as attendu
        union all
        select {{ colonnes }}, 0 as attendus, 1 as trouves from ({{ trouve }}) as trouve
    ) as deux_cotes
    group by {{ colonnes }}
    having sum(attendus) <> sum(trouves)
{%- endmacro %}
