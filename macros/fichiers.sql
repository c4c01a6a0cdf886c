{#- Which files a model reads. Literal lists reach the index of each raw table through any view;
    a long list would cost more than it saves, and gives way to a comparison of tables. -#}

{% macro liste_litterale_maximale() -%}
    {{ return(500) }}
{%- endmacro %}

{#- The files of `fichiers` that this model has no mark of: a list of (table, file); none for all of
    them (first build, full refresh), a text for a condition that selects them when they are many.
    A mark is a row of the file whose column `marque` is null. -#}
{% macro fichiers_a_lire(fichiers, marque) -%}
    {%- if not execute or not is_incremental() -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set lus = "select lus._file_id from " ~ this ~ " as lus where lus." ~ marque ~ " is null" -%}
    {%- set nouveaux = run_query(
        "select table_name, _file_id from " ~ fichiers ~ " as fichiers where not exists ("
        ~ lus ~ " and lus._file_id = fichiers._file_id)"
        ~ " limit " ~ (liste_litterale_maximale() + 1)
    ).rows -%}
    {%- if nouveaux | length > liste_litterale_maximale() -%}
        {{ return("_file_id not in (" ~ lus ~ ")") }}
    {%- endif -%}
    {{ return(nouveaux) }}
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
