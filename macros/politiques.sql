{#- Who reads which rows. A mart that declares `meta: {row_policy: {column: c}}` is read through
    row-level security: members of entrepot_reader see every row, members of entrepot_zone_reader
    those whose `c` is the code of a zone that they are a member of (role `entrepot_zone:<code>`).
    Nothing else counts: no variable, no function of ours, no table that somebody could write. -#}

{#- Post-hook of the marts: puts the policy of this one in place, in the transaction of its build. -#}
{% macro appliquer_la_politique() -%}
    {%- if execute -%}
        {%- set politique = (config.get('meta') or {}).get('row_policy') -%}
        {%- if politique -%}
            {{ adapter.dispatch('politique_de_lignes', 'entrepot')(this, politique.column) }}
        {%- elif
            config.get('materialized') != 'view'
            and 'entrepot_zone_reader' in (config.get('grants') or {}).get('select', [])
        -%}
            {{ exceptions.raise_compiler_error(
                this.identifier ~ " is granted to entrepot_zone_reader but has no row policy: "
                ~ "declare `meta: {row_policy: {column: ...}}`, or do not grant it."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Policies are made only where they are not as declared: making one locks readers out until the
    build ends, and an incremental mart keeps its own. The comment tells by two hashes: of what was
    declared, and of what the catalog then held. -#}
{% macro postgres__politique_de_lignes(relation, colonne) -%}
    {%- set voulu = local_md5(creation_des_politiques(relation, colonne)) -%}
    {%- set avant = run_query(etat_des_politiques(relation)).rows[0] -%}
    {%- do refuser_ce_qui_fuit(relation, colonne) -%}
    {%- if avant['commentaire'] != voulu ~ ' ' ~ avant['etat'] -%}
        {%- for nom in run_query(
            "select polname from pg_policy where polrelid = " ~ oid_de(relation)
        ).columns[0].values() -%}
            {%- do run_query("drop policy " ~ adapter.quote(nom) ~ " on " ~ relation) -%}
        {%- endfor -%}
        {%- do run_query(creation_des_politiques(relation, colonne)) -%}
        comment on policy zones on {{ relation }}
        is '{{ voulu }} {{ run_query(etat_des_politiques(relation)).rows[0]['etat'] }}'
    {%- endif -%}
{%- endmacro %}

{#- Three things that the statement below must not let slip, each found by trying:

    The owner is bound too (`force`), and sees rows only while the session itself is a builder's. So a
    view or a function with the owner's rights shows a reader nothing.

    The planner's statistics are of all rows, and the estimates of `explain` tell of them: none are kept.

    PostgreSQL tries a reader's own condition before the policy's where it deems that harmless, and
    `explain analyze` then tells whether any row met it. The first condition here costs nothing by its
    accounts (it is a subscript), so it comes first. The second one is for indexes, which would else
    be searched for what the reader asks, and only then filtered. -#}
{% macro creation_des_politiques(relation, colonne) -%}
    alter table {{ relation }}
    enable row level security,
    force row level security
    {%- for colonne_lue in adapter.get_columns_in_relation(relation) %},
    alter column {{ adapter.quote(colonne_lue.name) }} set statistics 0
    {%- endfor %};
    create policy constructeurs on {{ relation }} to entrepot_transformer
    using ((select pg_has_role(session_user, 'entrepot_transformer', 'member')));
    create policy lecteurs on {{ relation }} for select to entrepot_reader using (true);
    create policy zones on {{ relation }} for select to entrepot_zone_reader
    using (
        (({{ zones_du_lecteur('jsonb_object_agg(%s, true)') }}))[{{ adapter.quote(colonne) }}]
        is not null
        and {{ adapter.quote(colonne) }} = any(array({{ zones_du_lecteur('%s') }}))
    )
{%- endmacro %}

{#- A query of the zones whose roles the reader is a member of. (Names of roles are of collation C,
    with which no index of the mart would serve.) -#}
{% macro zones_du_lecteur(sortie) -%}
    {%- set zone = "substr(cast(rolname as text), " ~ (prefixe_de_zone() | length + 1) ~ ")" -%}
    select {{ sortie % (zone ~ ' collate pg_catalog."default"') }}
    from pg_catalog.pg_roles
    where
        starts_with(cast(rolname as text), '{{ prefixe_de_zone() }}')
        and pg_has_role(oid, 'member')
{%- endmacro %}

{#- What the name of a zone's role begins with; `entrepot reader` makes these roles. -#}
{% macro prefixe_de_zone() -%}
    {{ return('entrepot_zone:') }}
{%- endmacro %}

{% macro oid_de(relation) -%}
    {{ return("cast('" ~ (relation | string | replace("'", "''")) ~ "' as regclass)") }}
{%- endmacro %}

{#- One row: a hash of all that protects the rows of this table, and the comment left with it. -#}
{% macro etat_des_politiques(relation) -%}
    select
        md5(concat_ws(
            chr(10),
            classe.relrowsecurity,
            classe.relforcerowsecurity,
            classe.relowner,
            (
                select string_agg(concat_ws(
                    ' ', politique.polname, politique.polcmd, politique.polpermissive,
                    politique.polroles, pg_get_expr(politique.polqual, classe.oid),
                    pg_get_expr(politique.polwithcheck, classe.oid)
                ), chr(10) order by politique.polname)
                from pg_policy as politique
                where politique.polrelid = classe.oid
            ),
            (
                select string_agg(
                    concat_ws(' ', attribut.attname, attribut.attstattarget),
                    chr(10) order by attribut.attnum
                )
                from pg_attribute as attribut
                where attribut.attrelid = classe.oid and attribut.attnum > 0
            )
        )) as etat,
        (
            select obj_description(politique.oid, 'pg_policy')
            from pg_policy as politique
            where politique.polrelid = classe.oid and politique.polname = 'zones'
        ) as commentaire
    from pg_class as classe
    where classe.oid = {{ oid_de(relation) }}
{%- endmacro %}

{#- `explain analyze` counts what an index finds before the policy filters it, and statistics that
    were gathered before the policy stay: neither may speak of other zones. -#}
{% macro refuser_ce_qui_fuit(relation, colonne) -%}
    {%- for index in run_query(
        "select cast(indexrelid as regclass) from pg_index where indrelid = " ~ oid_de(relation)
        ~ " and indkey[0] <> (select attnum from pg_attribute where attrelid = indrelid"
        ~ " and attname = '" ~ colonne ~ "')"
    ).columns[0].values() -%}
        {{ exceptions.raise_compiler_error(
            index ~ " must begin with " ~ colonne ~ ", the column of the row policy of "
            ~ relation.identifier ~ ": what `explain analyze` counts in it tells of other zones."
        ) }}
    {%- endfor -%}
    {%- if run_query(
        "select 1 from pg_stats where schemaname = '" ~ relation.schema ~ "' and tablename = '"
        ~ relation.identifier ~ "' limit 1"
    ).rows -%}
        {{ exceptions.raise_compiler_error(
            relation.identifier ~ " had no row policy when its statistics were gathered: "
            ~ "build it once with --full-refresh."
        ) }}
    {%- endif -%}
{%- endmacro %}
