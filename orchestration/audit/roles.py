"""Roles and logins: what each may do, who is a member of whom, what set-up gave."""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import connection as Connection

from ingest.rights import ROLES, lacking
from ingest.settings import LOADER_ROLE, READER_ROLE, TRANSFORMER_ROLE, ZONE_READER_ROLE
from orchestration.audit.declared import Declaration
from orchestration.audit.looking import rows, value
from orchestration.audit.model import Answer
from orchestration.readers import ZONE_PREFIX

BUILDERS = (LOADER_ROLE, TRANSFORMER_ROLE)
GROUPS = (READER_ROLE, ZONE_READER_ROLE)
_ATTRIBUTES = """
select
    oid::regrole::text as quoted, rolname::text as name, rolcanlogin as may_login,
    rolsuper as superuser, rolbypassrls as bypassrls, rolreplication as replication,
    rolcreaterole as createrole, rolcreatedb as createdb,
    rolname = any(%(ours)s) as is_role,
    starts_with(rolname::text, %(prefix)s) as is_zone,
    -- A superuser is a member of everything.
    rolcanlogin and not rolsuper and exists (
        select 1 from pg_auth_members as held
        where
            held.member = pg_roles.oid
            and held.roleid::regrole::text = any(%(groups)s)
    ) as is_reader
from pg_roles
where not starts_with(rolname::text, 'pg_')
order by rolname
"""
_MEMBERS = """
select
    held.roleid::regrole::text as role, held.member::regrole::text as member,
    role.rolname::text as role_name, member.rolname::text as member_name,
    member.rolcreaterole as makes_roles, member.rolcanlogin as may_login
from pg_auth_members as held
inner join pg_roles as role on held.roleid = role.oid
inner join pg_roles as member on held.member = member.oid
where not member.rolsuper
order by 1, 2
"""
# An attribute, and what it lets its bearer do.
_DANGEROUS = {
    "superuser": "passes every check",
    "bypassrls": "reads past the row policies",
    "replication": "reads the whole server",
}
_MAKING = {"createrole": "gives rights to anybody", "createdb": "makes databases"}


def administrators(opened: Connection, declared: Declaration) -> frozenset[str]:
    """The declared administrators and whoever owns the database, who gives its rights anyhow."""
    owner = value(
        opened,
        "select pg_get_userbyid(datdba) from pg_database where datname = current_database()",
    )
    return declared.administrators | {owner}


def check_roles(opened: Connection, declared: Declaration) -> list[Answer]:
    """Attributes: our roles, the zones', the readers and the profile's login have none of them."""
    found = []
    login = declared.warehouse.user
    asked = {"ours": list(ROLES), "prefix": ZONE_PREFIX, "groups": list(GROUPS)}
    for role in rows(opened, _ATTRIBUTES, asked):
        is_ours = role["is_role"] or role["is_zone"] or role["name"] == login
        if is_ours or (role["is_reader"] and role["name"] not in declared.administrators):
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
    found = []
    known = administrators(opened, declared)
    held = rows(opened, _MEMBERS)
    readers = {one["member_name"] for one in held if one["role_name"] in GROUPS} - known
    zones = {
        one["member_name"]
        for one in held
        if one["role_name"] == ZONE_READER_ROLE or one["role_name"].startswith(ZONE_PREFIX)
    }
    ours = {*ROLES, *(one["role_name"] for one in held if one["role_name"].startswith(ZONE_PREFIX))}
    for one in held:
        role, member = one["role_name"], one["member_name"]
        if member in known and role != "pg_read_all_data":
            continue
        severity, expected = "FAIL", ""
        if role in BUILDERS or role in declared.administrators:
            expected = f"its members are {', '.join(sorted(known))}"
            # Who may make roles can give itself any of them: an administrator that nobody declared.
            severity = "WARNING" if one["makes_roles"] and member not in readers else "FAIL"
        elif role.startswith("pg_") and member in {*ours, *readers, *known}:
            expected = "no rights of the whole server"
        elif role in ours and member in ours:
            expected = "a group is a member of no other"
        elif role == READER_ROLE and member in zones:
            expected = "a reader of zones is no reader of all"
        if expected:
            found.append(
                Answer(
                    "memberships",
                    "WARNING" if severity == "WARNING" else "FAIL",
                    f"{member} is a member of {role}",
                    expected,
                    f"revoke {one['role']} from {one['member']};",
                )
            )
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
