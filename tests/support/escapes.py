"""What a reader of one zone may try to see rows of another: the statements of one session each.

No statement names a value of another zone's rows, so that what a server repeats is never a leak.
"""

from __future__ import annotations

from tests.support.zones import OTHER

TABLE = "dwh_marts.mart_essai_table"
READ = f"select * from {TABLE}"
OF_OTHERS = f"{READ} where code_zone_industrielle = '{OTHER}'"
OTHER_ROLE = f'"entrepot_zone:{OTHER}"'
ROLES = (
    "postgres",
    "entrepot",
    "entrepot_loader",
    "entrepot_transformer",
    "entrepot_reader",
    "entrepot_zone_reader",
    OTHER_ROLE,
    "pg_read_all_data",
    "pg_read_server_files",
    "none",
)
SETTINGS = (
    "set row_security = off",
    "set role = entrepot_reader",
    "select set_config('role', 'entrepot_transformer', false)",
    "select set_config('session_authorization', 'entrepot', false)",
    "set is_superuser = on",
    "set search_path = pg_temp, dwh_marts, dwh_facts, pg_catalog",
    f"set entrepot.zone = '{OTHER}'",
    "set session_preload_libraries = 'x'; load 'x'",
    "set enable_indexscan = off; set cpu_operator_cost = 1000000; set seq_page_cost = 0",
    "set session_replication_role = replica",
    "set default_transaction_read_only = off",
    "set debug_parallel_query = on; set parallel_setup_cost = 0; set parallel_tuple_cost = 0",
)
SHOUT = "language plpgsql cost 0.0001 as $$begin raise notice 'saw %', x; return true; end$$"

ESCAPES: dict[str, list[str]] = {
    "read": [READ, OF_OTHERS, f"table {TABLE}", f"select m from {TABLE} as m"],
    "set role": [part for role in ROLES for part in (f"set role {role}", OF_OTHERS, "reset role")],
    "set session authorization": [
        part for role in ROLES for part in (f"set session authorization {role}", OF_OTHERS)
    ],
    "set a variable": [part for setting in SETTINGS for part in (setting, OF_OTHERS, "reset all")],
    "be another by default": [
        "alter role current_user set role = 'entrepot_reader'",
        "alter role current_user superuser",
        "alter role current_user bypassrls",
        "alter role entrepot_reader password 'x'",
        "alter system set log_statement = 'all'",
        "alter database entrepot set row_security = off",
        OF_OTHERS,
        "alter role current_user reset role",
    ],
    "grant oneself": [
        f"grant {OTHER_ROLE} to current_user",
        "grant entrepot_reader to current_user",
        "grant entrepot_transformer to current_user with inherit true",
        "grant pg_read_all_data to current_user",
        f"grant select on {TABLE} to public",
        f"create role x in role {OTHER_ROLE}",
        OF_OTHERS,
    ],
    "a view": [
        f"create view {place}.espion as {READ}"
        for place in ("public", "dwh_marts", "pg_temp", "dwh_staging")
    ]
    + [
        f"create temporary table copie as {READ}",
        "create schema espion",
        "create temporary table pg_roles (rolname name, oid oid)",
        f"create materialized view public.espion as {READ}",
        "select * from public.espion",
        OF_OTHERS,
    ],
    "a function": [
        f"create function {place}.crie(x text) returns boolean {SHOUT}"
        for place in ("pg_temp", "public", "dwh_marts")
    ]
    + [
        f"{READ} where pg_temp.crie(code_entreprise)",
        f"{READ} where public.crie(code_entreprise)",
        "create function pg_temp.pg_has_role(oid, text) returns bool language sql as 'select true'",
        OF_OTHERS,
    ],
    "a block": [
        f"do $$declare r record; begin for r in {READ} loop "
        "if r.code_entreprise not like 'ici%' then raise notice '%', r; end if; end loop; end$$",
        f"do $$begin perform 1 from {TABLE} where cast(code_entreprise as int) = 1; end$$",
    ],
    "a condition that fails": [
        f"{READ} where cast(code_entreprise as integer) = 1",
        f"{OF_OTHERS} and cast(code_entreprise as date) is null",
        f"{READ} where code_entreprise not like 'ici%' and cast(code_entreprise as xml) is null",
        f"{READ} where montant > 6000000 and cast(repeat(code_entreprise, 2) as json) is null",
        f"select case when montant > 6000000 then 1 / 0 end from {TABLE}",
        f"select sum(1 / (case when montant > 6000000 then 0 else 1 end)) from {TABLE}",
        f"select * from (select *, cast(code_entreprise as uuid) as cle from {TABLE}) as m "
        f"where code_zone_industrielle = '{OTHER}'",
    ],
    "a join": [
        f"select m.* from {TABLE} as m inner join (values ('{OTHER}')) as v (c) "
        "on m.code_zone_industrielle = v.c",
        f"select m.* from (values ('{OTHER}', 3)) as v (c, a) left join {TABLE} as m "
        "on m.code_zone_industrielle = v.c and m.annee = v.a",
        f"select * from generate_series(1, 9) as s (a) cross join lateral ({OF_OTHERS} "
        "and annee = s.a) as m",
        f"select * from {TABLE} as m natural full join dwh_marts.mart_essai_suivi as n",
        f"with recursive r as ({READ} union select m.* from {TABLE} as m inner join r "
        f"on m.annee = r.annee) select * from r",
        f"{READ} where exists (select 1 from dwh_marts.mart_essai_suivi as s "
        f"where s.code_zone_industrielle = '{OTHER}')",
    ],
    "as another form": [
        f"select query_to_xml('{READ}', true, false, '')",
        f"select table_to_xml('{TABLE}', true, false, '')",
        "select schema_to_xml('dwh_marts', true, false, '')",
        "select database_to_xml(true, false, '')",
        f"select * from ts_stat('select to_tsvector(code_entreprise) from {TABLE}')",
        f"select json_agg(m) from {TABLE} as m",
        f"declare c cursor with hold for {READ}; fetch all from c",
        f"prepare p as {READ}; execute p",
        f"{READ} tablesample system (100)",
        f"select * from only {TABLE} where ctid = any(array(select "
        "cast(format('(%s,%s)', b, l) as tid) from generate_series(0, 9) as b, "
        "generate_series(1, 99) as l))",
        f"select max(code_entreprise), min(montant), max(montant) from {TABLE}",
        f"select distinct on (annee) * from {TABLE} order by annee, montant desc",
    ],
    "write": [
        f"insert into {TABLE} values ('{OTHER}', 3, 'x', 1) on conflict do nothing returning *",
        f"update {TABLE} set annee = annee returning *",
        f"delete from {TABLE} returning *",
        f"merge into {TABLE} as m using (values (3)) as v (a) on m.annee = v.a "
        "when matched then do nothing",
        f"{READ} for update",
        f"begin; lock table {TABLE} in access exclusive mode; commit",
        "rollback",
        f"truncate {TABLE}",
        f"insert into dwh_dimensions.dim_zones_industrielles values ('{OTHER}')",
    ],
    "alter": [
        f"alter table {TABLE} disable row level security",
        f"alter table {TABLE} no force row level security",
        f"alter table {TABLE} owner to current_user",
        f"alter policy zones on {TABLE} using (true)",
        f"drop policy zones on {TABLE}",
        f"create policy espion on {TABLE} using (true)",
        f"create rule espion as on insert to {TABLE} do also {READ}",
        f"create index on {TABLE} (code_entreprise)",
        f"create statistics espion on annee, montant from {TABLE}",
        f"alter table {TABLE} alter column montant set statistics 100",
        f"analyze {TABLE}",
        "reassign owned by entrepot_transformer to current_user",
        "alter default privileges for role entrepot_transformer grant select on tables to public",
        OF_OTHERS,
    ],
    "files": [
        f"select pg_read_binary_file(pg_relation_filepath('{TABLE}'))",
        "select pg_read_file('postgresql.conf')",
        "select pg_ls_dir('.')",
        "select pg_stat_file('PG_VERSION')",
        "create temporary table fichier (ligne text)",
        "copy pg_largeobject from '/etc/passwd'",
        f"copy ({OF_OTHERS}) to program 'cat'",
        f"copy {TABLE} to '/tmp/espion'",
        f"copy {TABLE} to program 'cat'",
        "select lo_import('/etc/passwd')",
        "select lo_get(lo_create(0))",
        f"select lo_export(lo_from_bytea(0, '{OTHER}'), '/tmp/espion')",
        "select * from pg_largeobject",
        "select pg_current_logfile(), pg_read_file(pg_current_logfile())",
    ],
    "statistics": [
        "select * from pg_stats where schemaname like 'dwh%'",
        "select * from pg_statistic",
        "select * from pg_stats_ext",
        "select * from pg_stats_ext_exprs",
        "select * from pg_statistic_ext_data",
        "select most_common_vals, histogram_bounds from pg_stats where tablename like '%essai%'",
    ],
    "what others do": [
        "select query from pg_stat_activity where usename <> current_user",
        "select * from pg_prepared_statements",
        "select * from pg_cursors",
        "select * from pg_stat_statements",
        "select * from pg_logical_slot_get_changes('x', null, null)",
        "select pg_create_logical_replication_slot('x', 'test_decoding')",
        "select rolpassword from pg_authid",
        "select usename, passwd from pg_shadow where passwd <> '********'",
    ],
    "another server": [
        *(
            f"create extension {name}"
            for name in ("dblink", "postgres_fdw", "file_fdw", "adminpack")
        ),
        *(f"create extension {name}" for name in ("plpython3u", "pageinspect", "pg_walinspect")),
        "create server s foreign data wrapper postgres_fdw",
        "create publication p for all tables",
        "create subscription s connection 'dbname=entrepot' publication p",
        f"select * from dblink('dbname=entrepot', '{OF_OTHERS}') as t (x text)",
        f"select * from get_raw_page('{TABLE}', 0)",
    ],
    "the rooms below": [
        f"select * from {relation}"
        for relation in (
            "dwh_marts.mart_essai_sans_zone",
            "dwh_marts.mart_essai_suivi",
            "dwh_marts.mart_essai_vue",
            "dwh_facts.fait_essai",
            "dwh_dimensions.dim_zones_industrielles",
            "raw_fluxvision.nuitee",
            "dwh_staging.x",
            "ods.x",
            "etl.run_log",
            "etl.rejects",
            "etl.dbt_lease",
        )
    ],
}
