"""Roles and logins: what each may do, who is a member of whom, what set-up gave."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

from psycopg2.extensions import connection as Connection

from ingest.rights import ROLES, lacking
from ingest.settings import LOADER_ROLE, READER_ROLE, TRANSFORMER_ROLE, ZONE_READER_ROLE
from orchestration.audit.declared import Declaration
from orchestration.audit.looking import rows, value
from orchestration.audit.model import Answer, Severity
from orchestration.readers import ZONE_PREFIX

BUILDERS = (LOADER_ROLE, TRANSFORMER_ROLE)
GROUPS = (READER_ROLE, ZONE_READER_ROLE)
_NO_SERVER = "no rights of the whole server"
_ATTRIBUTES = """
select
    oid::regrole::text as quoted, rolname::text as name, rolcanlogin as may_login,
    rolsuper as superuser, rolbypassrls as bypassrls, rolreplication as replication,
    rolcreaterole as createrole, rolcreatedb as createdb,
    rolname = any(%(ours)s) as is_role,
    starts_with(rolname::text, %(prefix)s) as is_zone
from pg_roles
where not starts_with(rolname::text, 'pg_')
order by rolname
"""
# Who is a member of what, by way of whom: the direct ones first, of several ways the shortest. From
# PostgreSQL 16 on a grant may give no more than the right to give it to others (`is_member` false),
# which whoever makes a role has of it.
_MEMBERS = """
with recursive given as (
    select
        roleid, member, bool_or(admin_option) as gives_on,
        bool_or(
            coalesce((to_jsonb(held) ->> 'inherit_option')::boolean, true)
            or coalesce((to_jsonb(held) ->> 'set_option')::boolean, true)
        ) as is_member,
        array_agg(
            distinct coalesce(' granted by ' || quote_ident(grantors.rolname), '')
        ) as grantors
    from pg_auth_members as held
    left join pg_roles as grantors on held.grantor = grantors.oid
    group by roleid, member
),

reached as (
    select roleid, member, is_member, gives_on, array[]::oid[] as via from given
    union all
    select given.roleid, reached.member, true, false, reached.via || reached.roleid
    from reached inner join given on reached.roleid = given.member
    where reached.is_member and given.is_member
)

select distinct on (cardinality(via) > 0, role.rolname, member.rolname)
    role.rolname::text as role, member.rolname::text as member, is_member, gives_on,
    array(
        select pg_get_userbyid(step.one)::text
        from unnest(via) with ordinality as step (one, place) order by step.place
    ) as via,
    member.rolcreaterole as makes_roles,
    array_to_string(array[
        case when role.rolsuper then 'superuser' end,
        case when role.rolbypassrls then 'bypassrls' end,
        case when role.rolreplication then 'replication' end,
        case when role.rolcreaterole then 'createrole' end
    ], ', ') as strength,
    array(
        select 'revoke ' || first_step.roleid::regrole || ' from ' || first_step.member::regrole
            || one.grantor || ';'
        from given as first_step, unnest(first_step.grantors) as one (grantor)
        where
            first_step.member = reached.member
            and first_step.roleid = coalesce(via[1], reached.roleid)
        order by one.grantor
    ) as undone
from reached
inner join pg_roles as role on reached.roleid = role.oid
inner join pg_roles as member on reached.member = member.oid
-- A superuser is a member of everything.
where not member.rolsuper
order by cardinality(via) > 0, role.rolname, member.rolname, cardinality(via)
"""
# An attribute, and what it lets its bearer do.
_DANGEROUS = {
    "superuser": "passes every check",
    "bypassrls": "reads past the row policies",
    "replication": "reads the whole server",
}
_MAKING = {"createrole": "gives rights to anybody", "createdb": "makes databases"}
# Roles of PostgreSQL's own with which nothing of the server is out of reach.
_WHOLE_SERVER = (
    *("pg_read_all_data", "pg_write_all_data", "pg_execute_server_program"),
    *("pg_read_server_files", "pg_write_server_files"),
)


def administrators(opened: Connection, declared: Declaration) -> frozenset[str]:
    """The declared administrators and whoever owns the database, who gives its rights anyhow."""
    owner = value(
        opened,
        "select pg_get_userbyid(datdba) from pg_database where datname = current_database()",
    )
    return declared.administrators | {owner}


def readers(
    opened: Connection, declared: Declaration, groups: Collection[str] = GROUPS
) -> frozenset[str]:
    """Who is a member of these roles or of a zone's, by way of other groups too, these included.

    Neither the administrators nor superusers, whose rights are told as such.
    """
    found = {
        one["member"]
        for one in rows(opened, _MEMBERS)
        if one["is_member"] and (one["role"] in groups or one["role"].startswith(ZONE_PREFIX))
    }
    return frozenset(found) - administrators(opened, declared)


def check_roles(opened: Connection, declared: Declaration) -> list[Answer]:
    """Attributes: our roles, the zones', the readers and the profile's login have none of them."""
    found = []
    login = declared.warehouse.user
    are_readers = readers(opened, declared)
    for role in rows(opened, _ATTRIBUTES, {"ours": list(ROLES), "prefix": ZONE_PREFIX}):
        is_ours = role["is_role"] or role["is_zone"] or role["name"] == login
        if is_ours or role["name"] in are_readers:
            found += _attributes(role, is_login=role["name"] == login)
        if role["may_login"] and (role["is_zone"] or _never_logs_in(role["name"], declared)):
            found.append(
                Answer(
                    "roles",
                    "FAIL",
                    f"{role['name']} may log in",
                    "a group without login",
                    f"alter role {role['quoted']} nologin;",
                )
            )
    return found


def _never_logs_in(name: str, declared: Declaration) -> bool:
    # Set-up gives the reader of the embedded server a password: `entrepot psql --role reader`.
    may = (READER_ROLE,) if declared.warehouse.embedded else ()
    return name in ROLES and name not in may


def _attributes(role: dict[str, Any], *, is_login: bool) -> list[Answer]:
    # A login that may make roles needs no administrator: allowed, and worth knowing.
    grave = dict(_DANGEROUS) | ({} if is_login else _MAKING)
    return [
        Answer(
            "roles",
            "FAIL" if attribute in grave else "WARNING",
            f"{role['name']} is {attribute}: it {what}",
            f"no{attribute}",
            f"alter role {role['quoted']} no{attribute};",
        )
        for attribute, what in (_DANGEROUS | _MAKING).items()
        if role[attribute]
    ]


def check_memberships(opened: Connection, declared: Declaration) -> list[Answer]:
    """Nobody but the profile's login and the administrators is a builder; groups hold no groups."""
    found: list[Answer] = []
    told: set[tuple[str, str]] = set()
    held = rows(opened, _MEMBERS)
    known = administrators(opened, declared)
    are_readers = readers(opened, declared)
    ours = {*ROLES, *(one["role"] for one in held if one["role"].startswith(ZONE_PREFIX))}
    zones = {
        one["member"]
        for one in held
        if one["is_member"]
        and (one["role"] == ZONE_READER_ROLE or one["role"].startswith(ZONE_PREFIX))
    }

    def expected_of(one: Mapping[str, Any]) -> str:
        """What is declared instead of a membership; empty if it is as it should be."""
        role, member = one["role"], one["member"]
        if member in known:
            is_direct = not one["via"]
            return _NO_SERVER if is_direct and role in _WHOLE_SERVER else ""
        if role in BUILDERS or role in known:
            return f"its members are {', '.join(sorted(known))}"
        if member in ours | are_readers and (role.startswith("pg_") or one["strength"]):
            return _NO_SERVER
        if role in ours and member in ours:
            return "a group is a member of no other"
        if role == READER_ROLE and member in zones:
            return "a reader of zones is no reader of all"
        return ""

    for one in held:
        role, member, way = one["role"], one["member"], one["via"]
        steps = [member, *way, role]
        if any(step in told for step in pairwise(steps)):
            continue
        # Who may make roles can give itself any of them: an administrator that nobody declared.
        is_maker = one["makes_roles"] and member not in are_readers
        severity: Severity = "WARNING" if is_maker else "FAIL"
        said = f"{member} is a member of {role}"
        mend = " ".join(one["undone"])
        expected = expected_of(one) if one["is_member"] else ""
        if expected:
            said += f" ({one['strength']})" if one["strength"] else ""
            said += f", by way of {', '.join(way)}" if way else ""
        elif one["gives_on"] and member not in known and role in ours:
            said = f"{member} may give {role} to others"
            expected = f"{', '.join(sorted(known))} give it"
            mend = mend.replace("revoke ", "revoke admin option for ")
        if expected:
            told.add((member, role))
            found.append(Answer("memberships", severity, said, expected, mend))
    return found


def check_set_up(opened: Connection, declared: Declaration) -> list[Answer]:
    """What of the administrator's script is not there (any more)."""
    login, target = declared.warehouse.user, declared.warehouse.target
    with opened.cursor() as cursor:
        missing = lacking(cursor, login)
    return [
        Answer(
            "set-up",
            "WARNING",
            f"{what} is missing",
            "what `entrepot init --print-sql` gives",
            f"entrepot init --target {target}",
        )
        for what in missing
        # What PUBLIC may do is told right by right, and the schemas are there: the warehouse is
        # prepared, or there is no audit.
        if not what.startswith("closing ") and not what.endswith(" to create schemas")
    ]
