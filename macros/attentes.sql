{#- When the files of a table are due (`expected`), from the graph of dbt: a row for each season of a
    table, one for the whole year where it declares none. -#}
{% macro livraisons_declarees() -%}
    {%- set lignes = [] -%}
    {%- for table in (graph.sources.values() if execute else []) | sort(attribute='unique_id') -%}
        {%- set attendue = ((table.meta or {}).get('ingest') or {}).get('expected') -%}
        {%- if table.source_name in var('sources') and attendue -%}
            {%- for saison in attendue.get('season') or ['01-01..12-31'] -%}
                {%- do lignes.append(
                    "('" ~ table.source_name ~ "', '" ~ table.name ~ "', '" ~ attendue['every'] ~ "', "
                    ~ attendue.get('grace_days', 0) ~ ", '" ~ saison[:5] ~ "', '" ~ saison[7:] ~ "')"
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    select source, table_name, cadence, grace_days, season_from, season_to
    from (
        values
        (
            cast(null as {{ dbt.type_string() }}),
            cast(null as {{ dbt.type_string() }}),
            cast(null as {{ dbt.type_string() }}),
            cast(null as integer),
            cast(null as {{ dbt.type_string() }}),
            cast(null as {{ dbt.type_string() }})
        )
        {%- for ligne in lignes %},
        {{ ligne }}
        {%- endfor %}
    ) as declarees (source, table_name, cadence, grace_days, season_from, season_to)
    where source is not null
{%- endmacro %}

{#- The span that a file is of, as the text by which spans sort: the period in its name, else the day in
    its name, else a day of its rows. The row is one of the ledger. -#}
{% macro cle_de_livraison(jour) -%}
    {%- set nom = dbt.split_part('logical_name', "'/'", -1) -%}
    case
        when period is not null then period
        when logical_name like '%/%'
            then substr({{ nom }}, 1, 4) || '-' || substr({{ nom }}, 5, 2) || '-' || substr({{ nom }}, 7, 2)
        else {{ en_texte(jour) }}
    end
{%- endmacro %}

{#- Whether a day lies in the season of `alias`, which may run over the end of the year. -#}
{% macro en_saison(jour, alias) -%}
    {%- set jour = 'substr(' ~ en_texte(jour) ~ ', 6, 5)' -%}
    (
        {{ jour }} between {{ alias }}.season_from and {{ alias }}.season_to
        or (
            {{ alias }}.season_from > {{ alias }}.season_to
            and ({{ jour }} >= {{ alias }}.season_from or {{ jour }} <= {{ alias }}.season_to)
        )
    )
{%- endmacro %}

{#- The tables whose values staging judges: source, raw table, and the twin with what it rejected. -#}
{% macro tables_aux_rejets() -%}
    {%- set tables = [] -%}
    {%- set sources = var('sources') -%}
    {%- for table in fluxvision_tables() if 'fluxvision' in sources -%}
        {%- do tables.append(
            ('fluxvision', table, 'stg_fluxvision__' ~ fluxvision_entite(table) ~ '__rejets')
        ) -%}
    {%- endfor -%}
    {%- for entite, table in entites_sigeti_jugees().items() if 'sigeti' in sources -%}
        {%- do tables.append(('sigeti', table, 'stg_sigeti__' ~ entite ~ '__rejets')) -%}
    {%- endfor -%}
    {%- for table in entites_erp_jugees() if 'erp' in sources -%}
        {%- do tables.append(('erp', table, 'stg_erp__' ~ table ~ '__rejets')) -%}
    {%- endfor -%}
    {%- if 'atelier' in sources -%}
        {%- do tables.append(('atelier', 'lignes_log', 'stg_atelier__evenements__rejets')) -%}
    {%- endif -%}
    {%- for entite, table in entites_commandes_jugees().items() if 'commandes' in sources -%}
        {%- do tables.append(('commandes', table, 'stg_commandes__' ~ entite ~ '__rejets')) -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}
