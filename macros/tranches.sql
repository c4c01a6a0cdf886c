{#- Slices: a family, a zone and a day, read from the one file that won them. Facts and marts are
    rebuilt slice by slice, from what changed in `int_fluxvision__tranches` since their watermark. -#}

{#- The slices of some families that changed since this fact's watermark, all of them when it is
    rebuilt: a query with famille, code_zone, date_jour, _file_id (null: nobody claims it). -#}
{% macro tranches_du_fait(familles, fichier='_file_id') -%}
    select famille, code_zone, date_jour, {{ fichier }} as _file_id
    from {{ ref('int_fluxvision__tranches') }}
    where
        famille in ({{ litteraux(familles) }})
        and version > {{ versions_depuis('int_fluxvision__tranches') }}
{%- endmacro %}

{#- Pre-hook of a fact: forgets the changed slices, in the transaction that writes them anew. A fact
    of several families tells them apart by `famille_de_ligne`, an expression over its columns and
    `changees.famille`. -#}
{% macro oublier_tranches(familles, famille_de_ligne='true') -%}
    {%- if execute and is_incremental() -%}
        {%- if versions_depuis('int_fluxvision__tranches') == -1 -%}
            delete from {{ this }};
        {%- elif not rien_de_neuf(['int_fluxvision__tranches']) -%}
            delete from {{ this }}
            where exists (
                select 1
                from ({{ tranches_du_fait(familles) }}) as changees
                where
                    changees.code_zone = {{ this.identifier }}.code_zone
                    and changees.date_jour = {{ this.identifier }}.date_jour
                    and {{ famille_de_ligne }}
            );
        {%- endif -%}
    {%- endif %}
{%- endmacro %}

{#- A pre-hook: until its transaction ends, the model joins by hashing. For joins on what is computed,
    where the planner expects one row and would loop over tens of thousands. -#}
{% macro joindre_par_hachage() -%}
    {{ adapter.dispatch('joindre_par_hachage', 'entrepot')() }}
{%- endmacro %}

{% macro postgres__joindre_par_hachage() -%}
    set local enable_nestloop = off
{%- endmacro %}

{#- Post-hook of a fact: it has applied the slices published so far, and publishes that to marts. Its
    generation moves when it was rebuilt in full, so that what reads it is too. -#}
{% macro avancer_le_fait() -%}
    {%- if execute and not rien_de_neuf(['int_fluxvision__tranches']) -%}
        {%- set total = versions_depuis('int_fluxvision__tranches') == -1 -%}
        {%- set publie = filigrane(this.identifier) -%}
        {%- set generation = (publie.generation if publie is not none else 0) + (1 if total else 0) -%}
        {%- set tranches = filigrane('int_fluxvision__tranches') -%}
        {{ poser_filigrane(this.identifier, generation, tranches.version) }};
        {{ appliquer(['int_fluxvision__tranches']) }}
    {%- endif -%}
{%- endmacro %}

{#- The rows of some staging tables that their slices elect: a query with the columns given and
    famille, _file_id, _run_id, est_provisoire, volume. Totals stay out. Each file is named to the
    planner, which goes to its rows by the index of the raw table. -#}
{% macro lignes_elues(familles, colonnes, fichier='_file_id', provisoires_seuls=false) -%}
    {%- set depuis = versions_depuis('int_fluxvision__tranches') -%}
    {%- set tables = [] -%}
    {%- for table in fluxvision_tables_de(familles)
        if table in fluxvision_provisoires() or not provisoires_seuls -%}
        {%- do tables.append(table) -%}
    {%- endfor -%}
    {%- for table in tables %}
    select
        tranches.famille,
        {%- for colonne in colonnes %}
        lignes.{{ colonne }},
        {%- endfor %}
        lignes.volume,
        lignes.est_provisoire,
        lignes._file_id,
        lignes._run_id
    from {{ ref('stg_fluxvision__' ~ fluxvision_entite(table)) }} as lignes
    inner join tranches
        on lignes._file_id = tranches._file_id
        and lignes.date_jour = tranches.date_jour
        and lignes.code_zone = tranches.code_zone
    where
        not lignes.est_total
        and tranches.famille = '{{ fluxvision_famille(table) }}'
        and {{ parmi_les_elus(table, depuis, fichier) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The condition that names the files which won a slice of this table since a version. -#}
{% macro parmi_les_elus(table, depuis, fichier) -%}
    {%- if not execute or depuis == -1 -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set elus = run_query(
        "select distinct " ~ fichier ~ " from " ~ ref('int_fluxvision__tranches')
        ~ " where famille = '" ~ fluxvision_famille(table) ~ "' and version > " ~ depuis
        ~ (" and est_provisoire = " ~ (table in fluxvision_provisoires()) if fichier == '_file_id')
        ~ " and " ~ fichier ~ " is not null limit " ~ (liste_litterale_maximale() + 1)
    ).rows -%}
    {%- if elus | length > liste_litterale_maximale() -%}
        {{ return('true') }}
    {%- elif elus | length == 0 -%}
        {{ return('false') }}
    {%- endif -%}
    {{ return("lignes._file_id in (" ~ litteraux(elus | map(attribute=0)) ~ ")") }}
{%- endmacro %}

{#- The kind of place that a family of places speaks of: `lieu_nuitee_soir_pays` -> `nuitee_soir`. -#}
{% macro type_lieu_de(famille) -%}
    replace(replace(replace({{ famille }}, '_departement', ''), '_pays', ''), 'lieu_', '')
{%- endmacro %}
