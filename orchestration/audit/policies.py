"""Row policies as the last build made them, and the ways around them that trials have found.

What is asked stands in the project's macros (macros/politiques.sql, macros/tests_acces.sql): the
hooks and tests of dbt and this page put the same questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment
from psycopg2.extensions import connection as Connection

from ingest.settings import READER_ROLE, ROOT, ZONE_READER_ROLE
from orchestration.audit.declared import Declaration, Relation
from orchestration.audit.looking import rows
from orchestration.audit.model import Answer
from orchestration.audit.roles import readers

POLICIES = ("constructeurs", "lecteurs", "zones")
_TABLE = """
select
    classes.oid::regclass::text as quoted, relrowsecurity as is_on,
    relforcerowsecurity as is_forced,
    array(select polname::text from pg_policy where polrelid = classes.oid order by 1) as policies
from pg_class as classes inner join pg_namespace as schemas on relnamespace = schemas.oid
where nspname = %(schema)s and relname = %(name)s and relkind in ('r', 'p')
"""
# What reads a protected table with the rights of its owner, by way of other views too.
_READERS = """
with recursive read as (
    select pg_rewrite.ev_class as reader, pg_depend.refobjid as table_read
    from pg_rewrite
    inner join pg_depend on pg_depend.objid = pg_rewrite.oid
        and pg_depend.classid = 'pg_rewrite'::regclass
        and pg_depend.refclassid = 'pg_class'::regclass
        and pg_depend.refobjid <> pg_rewrite.ev_class
),

below as (
    select tables.oid as protected, read.reader
    from read
    inner join pg_class as tables on read.table_read = tables.oid
    inner join pg_namespace as schemas on tables.relnamespace = schemas.oid
    where (nspname::text, tables.relname::text) in %(protected)s
    union
    select below.protected, read.reader
    from below inner join read on below.reader = read.table_read
)

select
    views.oid::regclass::text as quoted, views.relkind = 'm' as is_copy,
    below.protected::regclass::text as read
from below
inner join pg_class as views on below.reader = views.oid
where
    views.relkind = 'm'
    or not exists (
        select 1 from pg_options_to_table(views.reloptions)
        where option_name = 'security_invoker' and option_value::boolean
    )
order by 1, 3
"""
_GRANTED = """
select distinct pg_class.oid::regclass::text as quoted
from pg_class cross join lateral aclexplode(relacl) as acl_of
where acl_of.grantee = (select oid from pg_roles where rolname = %(zone_reader)s)
"""
_DEFINERS = """
select oid::regprocedure::text as quoted
from pg_proc
where
    prosecdef and pronamespace <> 'pg_catalog'::regnamespace
    and exists (
        select 1 from aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl_of
        where acl_of.grantee = 0 or pg_get_userbyid(acl_of.grantee)::text = any(%(readers)s)
    )
    and not exists (
        select 1 from pg_depend
        where objid = pg_proc.oid and classid = 'pg_proc'::regclass and deptype = 'e'
    )
order by 1
"""


@cache
def _macros(page: str) -> Mapping[str, Any]:
    """The macros of a page that need nothing of dbt but `return`."""
    engine = Environment(extensions=["jinja2.ext.do"])
    engine.globals["return"] = lambda value: value
    source = (ROOT / "macros" / page).read_text(encoding="utf-8")
    return vars(engine.from_string(source).module)


def check_policies(opened: Connection, declared: Declaration) -> list[Answer]:
    """Each declared table has its policies, in force for its owner too, and as they were made."""
    found = []
    for (schema, name), relation in declared.protected.items():
        for table in rows(opened, _TABLE, {"schema": schema, "name": name}):
            found += _of_table(opened, f'"{schema}"."{name}"', relation, table)
    return found


def _of_table(
    opened: Connection, regclass: str, relation: Relation, table: Mapping[str, Any]
) -> list[Answer]:
    quoted = table["quoted"]
    build = f"entrepot build --select {relation.name}"
    wrong: list[tuple[str, str, str]] = []
    if not table["is_on"]:
        wrong.append(
            ("row security is off", "on", f"alter table {quoted} enable row level security;")
        )
    if not table["is_forced"]:
        wrong.append(
            (
                "its owner passes the policies (FORCE is off)",
                "the owner is bound too",
                f"alter table {quoted} force row level security;",
            )
        )
    missing = [name for name in POLICIES if name not in table["policies"]]
    more = [name for name in table["policies"] if name not in POLICIES]
    if missing:
        wrong.append((f"no policy {', '.join(missing)}", f"{', '.join(POLICIES)}", build))
    if more:
        wrong.append((f"one more policy, {', '.join(more)}", f"{', '.join(POLICIES)}", build))
    if not wrong:
        (state,) = rows(opened, _macros("politiques.sql")["etat_des_politiques"](regclass))
        if (state["commentaire"] or "").partition(" ")[2] != state["etat"]:
            wrong.append(("a policy is not as it was built", "as the last build made it", build))
    return [Answer("row policies", "FAIL", f"{quoted}: {what}", *rest) for what, *rest in wrong]


def check_ways_around(opened: Connection, declared: Declaration) -> list[Answer]:
    """Views and functions with their owner's rights; tables that zone readers read unprotected."""
    found = []
    protected = {f"{schema}.{name}" for schema, name in declared.protected}
    # What they have as members of another group, or as everybody, is told of that.
    granted = {row["quoted"] for row in rows(opened, _GRANTED, {"zone_reader": ZONE_READER_ROLE})}
    seen = set()
    for row in rows(opened, _macros("tests_acces.sql")["postgres__passages_sans_politique"]()):
        quoted, fault = row["objet"], row["faute"]
        if fault == "owner's view":
            seen.add(quoted)
            found.append(_owners_view(quoted, "FAIL", "it is granted to others"))
        elif fault == "no row policy" and quoted in granted and quoted not in protected:
            found.append(
                Answer(
                    "row policies",
                    "FAIL",
                    f"{quoted} is read by {ZONE_READER_ROLE} and has no row policy",
                    "no right, or `meta: {row_policy: ...}`",
                    f"revoke all on {quoted} from {ZONE_READER_ROLE};",
                )
            )
    if declared.protected:
        for row in rows(opened, _READERS, {"protected": tuple(declared.protected)}):
            if row["is_copy"]:
                found.append(
                    Answer(
                        "views and functions",
                        "FAIL",
                        f"{row['quoted']} keeps a copy of the rows of {row['read']}",
                        "no copy beside a row policy",
                        f"drop materialized view {row['quoted']};",
                    )
                )
            elif row["quoted"] not in seen:
                found.append(_owners_view(row["quoted"], "WARNING", f"it reads {row['read']}"))
    asked = {"readers": [READER_ROLE, ZONE_READER_ROLE, *readers(opened, declared)]}
    for row in rows(opened, _DEFINERS, asked):
        found.append(
            Answer(
                "views and functions",
                "FAIL",
                f"{row['quoted']} runs with its owner's rights for readers",
                "no such function",
                f"alter routine {row['quoted']} security invoker;",
            )
        )
    return found


def _owners_view(quoted: str, severity: str, why: str) -> Answer:
    return Answer(
        "views and functions",
        "FAIL" if severity == "FAIL" else "WARNING",
        f"{quoted} shows what its owner may read: {why}",
        "security_invoker and security_barrier",
        f"alter view {quoted} set (security_invoker = true, security_barrier = true);",
    )
