{#- Sessions: a machining centre and a production day. `int_atelier__revendications` says which files
    claim which session, with the version at which that changed; the models below rebuild the sessions
    that changed since the versions which they have applied (see `filigranes.sql`). -#}

{#- The sessions that changed since this model applied what its producers published; all of them when
    one of these, or the model itself, is rebuilt: a query with code_centre_usinage, date_production. -#}
{% macro sessions_changees(producteurs) -%}
    {%- set depuis = [] -%}
    {%- for producteur in producteurs -%}
        {%- do depuis.append(versions_depuis(producteur)) -%}
    {%- endfor -%}
    select distinct
        code_centre_usinage,
        date_production
    from {{ ref('int_atelier__revendications') }}
    where {{ 'false' if rien_de_neuf(producteurs) else 'version > ' ~ depuis | min }}
{%- endmacro %}

{#- The condition that `alias` is of a day of these sessions. Literal days reach the first column of the
    keys; when they are many, the whole table is read as quickly. -#}
{% macro jours_des_sessions(alias, producteurs) -%}
    {%- set sessions = sessions_changees(producteurs) -%}
    {%- if not execute or est_reprise_totale(producteurs) -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set jours = run_query(
        "select distinct date_production from (" ~ sessions ~ ") as sessions"
        ~ " limit " ~ (liste_litterale_maximale() + 1)
    ).columns[0].values() -%}
    {%- if jours | length > liste_litterale_maximale() -%}
        {{ return('true') }}
    {%- elif jours | length == 0 -%}
        {{ return('false') }}
    {%- endif -%}
    {{ return(alias ~ ".date_production in (" ~ litteraux(jours | map('string')) ~ ")") }}
{%- endmacro %}

{#- The rows of a model that belong to these sessions, as a query. -#}
{% macro lignes_des_sessions(modele, producteurs) -%}
    {%- set lues = ref(modele) -%}
    select lignes.*
    from {{ lues }} as lignes
    inner join ({{ sessions_changees(producteurs) }}) as sessions
        on
            lignes.code_centre_usinage = sessions.code_centre_usinage
            and lignes.date_production = sessions.date_production
    where {{ jours_des_sessions('lignes', producteurs) }}
{%- endmacro %}

{#- Pre-hook: forgets the changed sessions, in the transaction that writes them anew. -#}
{% macro oublier_sessions(producteurs) -%}
    {%- if execute and is_incremental() -%}
        {%- if est_reprise_totale(producteurs) -%}
            delete from {{ this }}
        {%- elif not rien_de_neuf(producteurs) -%}
            delete from {{ this }} as lignes
            where
                {{ jours_des_sessions('lignes', producteurs) }}
                and (code_centre_usinage, date_production) in (
                    {{ sessions_changees(producteurs) }}
                )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Post-hook: this model has applied what its producers published, and publishes that in turn. Its
    generation moves when it was rebuilt in full, so that what reads it is too. -#}
{% macro avancer_les_sessions(producteurs) -%}
    {%- if execute and not rien_de_neuf(producteurs) -%}
        {%- set total = est_reprise_totale(producteurs) -%}
        {%- set publie = filigrane(this.identifier) -%}
        {%- set generation = (publie.generation if publie is not none else 0) + (1 if total else 0) -%}
        {%- set versions = [] -%}
        {%- for producteur in producteurs -%}
            {%- do versions.append((filigrane(producteur) or {'version': 0}).version) -%}
        {%- endfor -%}
        {{ poser_filigrane(this.identifier, generation, versions | min) }};
        {{ appliquer(producteurs) }}
        {%- if total %}
        analyze {{ this }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The condition that a content holds and was not read yet, or of other rows than raw has of it now, or
    not whole while nothing takes it up any more (what continued it was withdrawn); by literals, which reach the index of the raw table, unless
    they are many. -#}
{% macro contenus_a_lire() -%}
    {%- set fichiers = ref('int_atelier__fichiers') -%}
    {%- if not execute or not is_incremental() -%}
        {{ return('true') }}
    {%- endif -%}
    {%- if 'lu_jusque' not in adapter.get_columns_in_relation(this) | map(attribute='name') -%}
        {#- Made by an earlier version, whose marks do not tell: each content is read once more. -#}
        {{ return('true') }}
    {%- endif -%}
    {{ return(condition_de_contenus(
        "select fichiers._file_id from " ~ fichiers ~ " as fichiers where not exists ("
        ~ "select 1 from " ~ this ~ " as lus where lus.date_jour is null"
        ~ " and lus._file_id = fichiers._file_id and " ~ lecture_de('lus')
        ~ " is not distinct from fichiers.remplace_a and (lus.lu_jusque is null or exists ("
        ~ "select 1 from (" ~ reprises_atelier() ~ ") as reprises"
        ~ " where reprises._file_id = lus._file_id)))"
    )) }}
{%- endmacro %}

{#- The condition that a content claims one of the sessions to rebuild. -#}
{% macro contenus_des_sessions(producteurs) -%}
    {%- set sessions = sessions_changees(producteurs) -%}
    {%- if not execute or est_reprise_totale(producteurs) -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return(condition_de_contenus(
        "select distinct _file_id from " ~ ref('int_atelier__revendications')
        ~ " where est_active and (code_centre_usinage, date_production) in (" ~ sessions ~ ")"
    )) }}
{%- endmacro %}

{#- The condition on `_file_id` that a query of contents gives. -#}
{% macro condition_de_contenus(requete) -%}
    {%- set contenus = run_query(
        requete ~ " limit " ~ (liste_litterale_maximale() + 1)
    ).columns[0].values() -%}
    {%- if contenus | length > liste_litterale_maximale() -%}
        {{ return("_file_id in (" ~ requete ~ ")") }}
    {%- elif contenus | length == 0 -%}
        {{ return('false') }}
    {%- endif -%}
    {{ return("_file_id in (" ~ litteraux(contenus) ~ ")") }}
{%- endmacro %}
