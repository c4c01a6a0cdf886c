{#- Which files a model reads. Literal lists reach the index of each raw table through any view;
    a long list would cost more than it saves, and gives way to a comparison of tables. -#}

{% macro liste_litterale_maximale() -%}
    {{ return(500) }}
{%- endmacro %}

{#- The files of `fichiers` that this model has no mark of, or one of other rows than raw has of them
    now: a list of (table, file); none for all of them (first build, full refresh), a text for a
    condition that selects them when they are many. A mark is a row of the file whose column `marque`
    is null. -#}
{% macro fichiers_a_lire(fichiers, marque) -%}
    {%- if not execute or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set a_lire = " from " ~ fichiers ~ " as fichiers where not exists (select 1 from " ~ this
        ~ " as lus where lus." ~ marque ~ " is null and lus._file_id = fichiers._file_id"
        ~ " and " ~ lecture_de('lus') ~ " is not distinct from fichiers.remplace_a)" -%}
    {%- set nouveaux = run_query(
        "select fichiers.table_name, fichiers._file_id" ~ a_lire
        ~ " limit " ~ (liste_litterale_maximale() + 1)
    ).rows -%}
    {%- if nouveaux | length > liste_litterale_maximale() -%}
        {{ return("_file_id in (select fichiers._file_id" ~ a_lire ~ ")") }}
    {%- endif -%}
    {{ return(nouveaux) }}
{%- endmacro %}

{#- Of which rows of its file a row of this table was read (`alias` names the table); null before there
    was such a column. -#}
{% macro lecture_de(alias) -%}
    {%- if 'remplace_a' in adapter.get_columns_in_relation(this) | map(attribute='name') -%}
        {{ return(alias ~ ".remplace_a") }}
    {%- endif -%}
    {{ return("cast(null as " ~ dbt.type_timestamp() ~ ")") }}
{%- endmacro %}

{#- Post-hook of a model that reads each file once: what it had read of rows that are replaced goes, in
    the transaction that has read those of now. -#}
{% macro oublier_les_lectures_d_avant(marque) -%}
    {%- if execute and is_incremental() -%}
        {%- set relus = "select _file_id from " ~ this ~ " where " ~ marque ~ " is null"
            ~ " group by _file_id having count(distinct coalesce(remplace_a, '-infinity')) > 1" -%}
        {%- set sont_relus = condition_de_contenus(relus) -%}
        {%- if sont_relus != 'false' -%}
            delete from {{ this }} as avant
            using (
                select _file_id, max(remplace_a) as remplace_a
                from {{ this }}
                where {{ marque }} is null and {{ sont_relus }}
                group by _file_id
            ) as lus
            where
                avant._file_id = lus._file_id
                and avant.remplace_a is distinct from lus.remplace_a
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The condition on `table_name` and `_file_id` that selects what `fichiers_a_lire` found. -#}
{% macro parmi_les_fichiers(fichiers) -%}
    {%- if fichiers is none -%}
        true
    {%- elif fichiers is string -%}
        {{ fichiers }}
    {%- elif fichiers | length == 0 -%}
        false
    {%- else -%}
        table_name in ({{ litteraux(fichiers | map(attribute=0) | unique) }})
        and _file_id in ({{ litteraux(fichiers | map(attribute=1)) }})
    {%- endif -%}
{%- endmacro %}

{#- Texts as SQL literals, separated by commas. -#}
{% macro litteraux(valeurs) -%}
    {%- for valeur in valeurs -%}
        '{{ valeur | replace("'", "''") }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- A text ordered byte by byte, as the loader orders paths, whatever the collation of the base. -#}
{% macro par_octets(expression) -%}
    {{ return(adapter.dispatch('par_octets', 'entrepot')(expression)) }}
{%- endmacro %}

{% macro default__par_octets(expression) -%}
    {{ expression }}
{%- endmacro %}

{% macro postgres__par_octets(expression) -%}
    {{ expression }} collate "C"
{%- endmacro %}
