"""Weaknesses that are seeded into a warehouse, one at a time, for the audit to find."""

from __future__ import annotations

from ingest.server.cluster import LOGIN, STEWARD

READER = "aya"
RAW = "raw_fluxvision.nuitee"
MART = "dwh_marts.mart_tourisme_sejours"
GUARDED = "dwh_marts.mart_performance_financiere"

# What is done to the server -> the check that finds it, words of the finding, and what undoes it
# where the mend is not tried here (it is `entrepot build`, which one weakness below tries).
RIGHTS: dict[str, tuple[list[str], str, str, list[str]]] = {
    "a grant too many to the readers": (
        [f"grant select on {RAW} to entrepot_reader"],
        "grants",
        f"entrepot_reader has SELECT on {RAW}",
        [],
    ),
    "a column for one reader": (
        [f"grant select (code_zone) on {MART} to {READER}"],
        "grants",
        f"{READER} has SELECT (code_zone) on {MART}",
        [],
    ),
    "a right that may be given on": (
        [f"grant select on {MART} to entrepot_reader with grant option"],
        "grants",
        f"entrepot_reader may give SELECT on {MART} to others",
        [],
    ),
    "a right too many, given on": (
        [
            f"grant update on {MART} to {READER} with grant option",
            f"set role {READER}",
            f"grant update on {MART} to entrepot_reader",
            "reset role",
        ],
        "grants",
        f"{READER} has UPDATE on {MART}",
        [],
    ),
    "a server elsewhere": (
        [
            "create foreign data wrapper away",
            "create server away foreign data wrapper away",
            f"grant usage on foreign server away to {READER}",
        ],
        "grants",
        f"{READER} has USAGE on foreign server away",
        ["drop foreign data wrapper away cascade"],
    ),
    "a setting of superusers": (
        [f"grant set on parameter session_replication_role to {READER}"],
        "grants",
        f"{READER} has SET on parameter session_replication_role",
        [],
    ),
    "a publication": (
        [f"create publication away for table {MART}"],
        "grants",
        "the publication away sends rows of 1 tables",
        [],
    ),
    "a control table that dbt may empty": (
        ["grant delete on etl.run_log to entrepot_transformer"],
        "grants",
        "entrepot_transformer has DELETE on etl.run_log",
        [],
    ),
    "a schema for a reader": (
        [f"grant usage on schema raw_sigeti to {READER}"],
        "grants",
        f"{READER} has USAGE on schema raw_sigeti",
        [],
    ),
    "a table of another schema, by way of a group": (
        [
            "create table public.held (x int)",
            "create role analystes",
            "create role stagiaires",
            "grant entrepot_reader to analystes",
            "grant analystes to stagiaires",
            "grant select on public.held to stagiaires",
        ],
        "grants",
        "stagiaires has SELECT on public.held",
        ["drop table public.held", "drop role analystes, stagiaires"],
    ),
    "a table of another schema": (
        ["create table public.held (x int)", f"grant select on public.held to {READER}"],
        "grants",
        f"{READER} has SELECT on public.held",
        ["drop table public.held"],
    ),
    "a grant that is missing": (
        [f"revoke select on {MART} from entrepot_reader"],
        "grants",
        f"entrepot_reader has no SELECT on {MART}",
        [f"grant select on {MART} to entrepot_reader"],
    ),
    "a mart for everybody": (
        [f"grant select on {MART} to public"],
        "PUBLIC",
        f"PUBLIC has SELECT on {MART}",
        [],
    ),
    "temporary tables for everybody": (
        ["grant temporary on database {database} to public"],
        "PUBLIC",
        "PUBLIC has TEMPORARY on database",
        [],
    ),
    "objects by everybody": (
        ["grant create on schema public to public"],
        "PUBLIC",
        "PUBLIC has CREATE on schema public",
        [],
    ),
    "tables of tomorrow for everybody": (
        [
            "alter default privileges for role entrepot_transformer in schema dwh_marts"
            " grant select on tables to public"
        ],
        "default rights",
        "PUBLIC will have SELECT on the tables that entrepot_transformer makes",
        [],
    ),
    "a table of another owner": (
        [f"alter table {MART} owner to postgres"],
        "owners",
        f"table {MART} belongs to postgres",
        [],
    ),
    "a schema of another owner": (
        ["alter schema dwh_reference owner to postgres"],
        "owners",
        "schema dwh_reference belongs to postgres",
        [],
    ),
    "FORCE taken off": (
        [f"alter table {GUARDED} no force row level security"],
        "row policies",
        f"{GUARDED}: its owner passes the policies",
        [],
    ),
    "row security off": (
        [f"alter table {GUARDED} disable row level security"],
        "row policies",
        f"{GUARDED}: row security is off",
        [],
    ),
    "one more policy": (
        [f"create policy more on {GUARDED} for select using (true)"],
        "row policies",
        f"{GUARDED}: one more policy, more",
        [f"drop policy more on {GUARDED}"],
    ),
    "a policy of other roles": (
        [f"alter policy lecteurs on {GUARDED} to entrepot_reader, entrepot_zone_reader"],
        "row policies",
        f"{GUARDED}: a policy is not as it was built",
        [f"alter policy lecteurs on {GUARDED} to entrepot_reader"],
    ),
    "a mart without policy for readers of zones": (
        [f"grant select on {MART} to entrepot_zone_reader"],
        "row policies",
        f"{MART} is read by entrepot_zone_reader and has no row policy",
        [],
    ),
    "a view with its owner's rights": (
        [
            f"create view dwh_marts.espion as select * from {GUARDED}",
            "alter view dwh_marts.espion owner to entrepot_transformer",
        ],
        "views and functions",
        f"dwh_marts.espion shows what its owner may read: it reads {GUARDED}",
        ["drop view dwh_marts.espion"],
    ),
    "such a view, granted": (
        [
            f"create view dwh_marts.espion as select * from {GUARDED}",
            "alter view dwh_marts.espion owner to entrepot_transformer",
            "grant select on dwh_marts.espion to entrepot_zone_reader",
        ],
        "views and functions",
        "dwh_marts.espion shows what its owner may read: it is granted to others",
        ["drop view dwh_marts.espion"],
    ),
    "a copy of a mart with policies": (
        [
            f"create materialized view dwh_marts.espion as select * from {GUARDED}",
            "alter materialized view dwh_marts.espion owner to entrepot_transformer",
        ],
        "views and functions",
        f"dwh_marts.espion keeps a copy of the rows of {GUARDED}",
        [],
    ),
    "a copy of a mart with policies, by way of a view": (
        [
            f"create view dwh_marts.voie with (security_invoker, security_barrier)"
            f" as select * from {GUARDED}",
            "alter view dwh_marts.voie owner to entrepot_transformer",
            "create materialized view dwh_marts.espion as select * from dwh_marts.voie",
            "alter materialized view dwh_marts.espion owner to entrepot_transformer",
        ],
        "views and functions",
        f"dwh_marts.espion keeps a copy of the rows of {GUARDED}",
        ["drop view dwh_marts.voie cascade"],
    ),
    "a procedure with its owner's rights for one reader": (
        [
            "create procedure dwh_marts.espion() language sql security definer"
            f" as 'select count(*) from {GUARDED}'",
            "revoke execute on procedure dwh_marts.espion() from public",
            f"grant execute on procedure dwh_marts.espion() to {READER}",
        ],
        "views and functions",
        "dwh_marts.espion() runs with its owner's rights",
        ["drop procedure dwh_marts.espion()"],
    ),
    "a function with its owner's rights": (
        [
            "create function dwh_marts.espion() returns bigint language sql security definer"
            f" as 'select count(*) from {GUARDED}'"
        ],
        "views and functions",
        "dwh_marts.espion() runs with its owner's rights",
        ["drop function dwh_marts.espion()"],
    ),
    "a superuser": (
        ["alter role entrepot_reader superuser"],
        "roles",
        "entrepot_reader is superuser",
        [],
    ),
    "a reader past the policies": (
        [f"alter role {READER} bypassrls"],
        "roles",
        f"{READER} is bypassrls",
        [],
    ),
    "a login that makes roles": (
        [f"alter role {LOGIN} createrole"],
        "roles",
        f"{LOGIN} is createrole",
        [],
    ),
    "a group that logs in": (
        ["alter role entrepot_loader login"],
        "roles",
        "entrepot_loader may log in",
        [],
    ),
    "a reader who builds": (
        [f"grant entrepot_transformer to {READER}"],
        "memberships",
        f"{READER} is a member of entrepot_transformer",
        [],
    ),
    "a reader who is the login": (
        [f"grant {LOGIN} to {READER}"],
        "memberships",
        f"{READER} is a member of {LOGIN}",
        [],
    ),
    "a reader of a zone who reads all": (
        [f"grant entrepot_reader to {READER}"],
        "memberships",
        f"{READER} is a member of entrepot_reader",
        [],
    ),
    "all readers of zones read all": (
        ["grant entrepot_reader to entrepot_zone_reader"],
        "memberships",
        "entrepot_zone_reader is a member of entrepot_reader",
        [],
    ),
    "a reader of the whole server": (
        [f"grant pg_read_all_data to {READER}"],
        "memberships",
        f"{READER} is a member of pg_read_all_data",
        [],
    ),
    "a reader who is a superuser": (
        [f"grant postgres to {READER}"],
        "memberships",
        f"{READER} is a member of postgres (superuser",
        [],
    ),
    "a reader of a zone who reads all, by way of a group": (
        [
            "create role analystes",
            "grant entrepot_reader to analystes",
            f"grant analystes to {READER}",
        ],
        "memberships",
        f"{READER} is a member of entrepot_reader, by way of analystes",
        ["drop role analystes"],
    ),
    "a reader of the whole server, by way of a group": (
        [
            "create role analystes",
            "grant pg_read_all_data to analystes",
            f"grant analystes to {READER}",
        ],
        "memberships",
        f"{READER} is a member of pg_read_all_data, by way of analystes",
        ["drop role analystes"],
    ),
    "a zone that its reader may give": (
        [f'grant "entrepot_zone:INCONNU" to {READER} with admin option'],
        "memberships",
        f"{READER} may give entrepot_zone:INCONNU to others",
        [],
    ),
    "a membership that somebody else gave": (
        [f"grant entrepot_reader to {READER} granted by {STEWARD}"],
        "memberships",
        f"{READER} is a member of entrepot_reader",
        [],
    ),
    "queries without an end": (
        [f"alter role {LOGIN} reset statement_timeout"],
        "set-up",
        f"the setting statement_timeout of {LOGIN} is missing",
        [],
    ),
    "passwords kept as MD5": (
        ["alter system set password_encryption = 'md5'", "select pg_reload_conf()"],
        "password method",
        "new passwords are kept as md5",
        [],
    ),
    "one login's passwords kept as MD5": (
        [f"alter role {READER} set password_encryption = 'md5'"],
        "password method",
        f"passwords that {READER} sets are kept as md5",
        [],
    ),
    "a password that is kept as MD5": (
        [f"alter role {READER} password 'md5{'0a' * 16}'"],
        "password method",
        f"the password of {READER} is kept as MD5",
        [f"alter role {READER} password 'une phrase de passe'"],
    ),
    "a login without password": (
        [f"alter role {READER} password null"],
        "password method",
        f"{READER} may log in and has no password",
        [f"alter role {READER} password 'une phrase de passe'"],
    ),
}
