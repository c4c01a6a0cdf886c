{#- Watermarks: how far each model has applied what another one published.

    A model that others follow (a producer) bears on each row the `version` of the build that last
    changed it, and the `generation` of its last full rebuild. A line of etl.watermarks named after
    it publishes both. A model that follows it (a consumer) has a line '<consumer> < <producer>'
    with what it has applied; it reads the rows above that version, and everything when the
    generation is another one. Lines move in the transaction that writes the rows, so that a crash
    leaves both as they were. -#}

{% macro table_des_filigranes() -%}
    {{ return(api.Relation.create(
        database=target.database, schema='etl', identifier='watermarks'
    )) }}
{%- endmacro %}

{#- The generation and version of a line, as a mapping; none without a line. -#}
{% macro filigrane(nom) -%}
    {%- set lu = run_query(
        "select generation, version from " ~ table_des_filigranes() ~ " where model = '" ~ nom ~ "'"
    ) -%}
    {%- if lu.rows | length == 0 -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return({'generation': lu.rows[0][0] | int, 'version': lu.rows[0][1] | int}) }}
{%- endmacro %}

{#- The version above which the rows of `producteur` are new to this model; -1 when all are: at a
    full refresh, the first time, and after a full rebuild of the producer. -#}
{% macro versions_depuis(producteur) -%}
    {%- if not execute or not is_incremental() -%}
        {{ return(-1) }}
    {%- endif -%}
    {%- set publie = filigrane(producteur) -%}
    {%- set applique = filigrane(this.identifier ~ ' < ' ~ producteur) -%}
    {%- if publie is none or applique is none or applique.generation != publie.generation -%}
        {{ return(-1) }}
    {%- endif -%}
    {{ return(applique.version) }}
{%- endmacro %}

{#- Whether this model must apply all of some producer again. -#}
{% macro est_reprise_totale(producteurs) -%}
    {%- for producteur in producteurs if versions_depuis(producteur) == -1 -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro %}

{#- Whether all that the producers have published is applied already. -#}
{% macro rien_de_neuf(producteurs) -%}
    {%- for producteur in producteurs -%}
        {%- set depuis = versions_depuis(producteur) -%}
        {%- if depuis == -1 or depuis != filigrane(producteur).version -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(true) }}
{%- endmacro %}

{#- The version of this build of a producer: above every one that it has published. -#}
{% macro version_nouvelle() -%}
    {%- if not execute -%}
        {{ return(1) }}
    {%- endif -%}
    {%- set publie = filigrane(this.identifier) -%}
    {%- set plus_haute = publie.version if publie is not none else 0 -%}
    {%- if is_incremental() -%}
        {%- set ecrite = run_query("select max(version) from " ~ this).rows[0][0] -%}
        {%- set plus_haute = [plus_haute, (ecrite or 0) | int] | max -%}
    {%- endif -%}
    {{ return(plus_haute + 1) }}
{%- endmacro %}

{#- The generation that this build of a producer writes: its version when it is rebuilt in full. -#}
{% macro generation_courante() -%}
    {%- if execute and is_incremental() -%}
        {%- set lue = run_query("select generation from " ~ this ~ " limit 1").rows -%}
        {%- if lue | length > 0 -%}
            {{ return(lue[0][0] | int) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(version_nouvelle()) }}
{%- endmacro %}

{#- The two columns that each row of a producer bears. -#}
{% macro version_et_generation() -%}
    cast({{ version_nouvelle() }} as {{ dbt.type_bigint() }}) as version,
    cast({{ generation_courante() }} as {{ dbt.type_bigint() }}) as generation
{%- endmacro %}

{#- Post-hook of a producer: publishes what its rows bear, and refreshes what the planner knows of
    them; nothing when no row changed. -#}
{% macro publier() -%}
    {%- if execute -%}
    {%- set ecrit = run_query(
        "select coalesce((select max(version) from " ~ this ~ "), 0), "
        ~ "coalesce((select generation from " ~ this ~ " limit 1), 0)"
    ).rows[0] -%}
    {%- set publie = filigrane(this.identifier) -%}
    {%- if publie is none or publie.version != ecrit[0] or publie.generation != ecrit[1] -%}
        {{ poser_filigrane(this.identifier, ecrit[1], ecrit[0]) }};
        analyze {{ this }}
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Post-hook of a consumer: this model has applied all that its producers have published. -#}
{% macro appliquer(producteurs) -%}
    {%- if execute -%}
    {%- for producteur in producteurs -%}
        {%- set publie = filigrane(producteur) -%}
        {%- set ligne = this.identifier ~ ' < ' ~ producteur -%}
        {%- if publie is not none and filigrane(ligne) != publie -%}
            {{ poser_filigrane(ligne, publie.generation, publie.version) }};
        {% endif -%}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro poser_filigrane(nom, generation, version) -%}
    delete from {{ table_des_filigranes() }} where model = '{{ nom }}';
    insert into {{ table_des_filigranes() }} (model, generation, version, applied_at)
    values ('{{ nom }}', {{ generation }}, {{ version }}, {{ dbt.current_timestamp() }})
{%- endmacro %}
