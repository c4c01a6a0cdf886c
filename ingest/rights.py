"""What an administrator of the server gives a warehouse: roles, and rights on the database.

The administrator needs no superuser: a role that may create roles and owns the database will do.
It is one script: `prepare` runs it where something is missing, `init --print-sql` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg2
from psycopg2 import sql

from ingest.settings import LOADER_ROLE, READER_ROLE, TRANSFORMER_ROLE, ZONE_READER_ROLE

ROLES = (LOADER_ROLE, TRANSFORMER_ROLE, READER_ROLE, ZONE_READER_ROLE)
# What every session of the profile's login starts with: nothing waits or runs for ever.
BUILDER_SESSION = {
    "timezone": "UTC",
    # The query of a client that was killed ends within a second.
    "client_connection_check_interval": "1s",
    "lock_timeout": "120s",
    "statement_timeout": "2h",
    "idle_in_transaction_session_timeout": "30min",
}
# And a reader's: a report that hangs must not hold up the builds.
READER_SESSION = {
    "timezone": "UTC",
    "client_connection_check_interval": "1s",
    "lock_timeout": "10s",
    "statement_timeout": "5min",
    "idle_in_transaction_session_timeout": "1min",
}

# A login without password cannot connect: nobody but the administrator ever knows one from here.
SCRIPT = """\
-- What Entrepôt needs of an administrator of the server: one that may create
-- roles and owns the database. Run it connected to that database; running it
-- again changes nothing.
--
-- The database, if there is none yet (then connect to it):
--   create database {database}
--   template template0 encoding 'UTF8';
-- A password for the login, if it has none yet (psql keeps it secret):
--   \\password {login}

do $$
declare
    wanted text;
begin
    foreach wanted in array array[
        {roles}
    ]
    loop
        if not exists (select 1 from pg_roles where rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
    end loop;
    if not exists (select 1 from pg_roles where rolname = {login_text}) then
        create role {login} login;
    end if;
end
$$;

grant entrepot_loader, entrepot_transformer
to {members};

{settings}

-- Nobody else connects, and readers make no temporary objects.
revoke all on database {database} from public;
revoke create on schema public from public;
grant create on database {database} to {maker};
grant connect, temporary on database {database}
to entrepot_loader, entrepot_transformer;
grant connect on database {database}
to entrepot_reader, entrepot_zone_reader;
"""

MISSING_ROLES = """
select 'the role ' || wanted from unnest(%(roles)s::text[]) as wanted
where not exists (select 1 from pg_roles where rolname = wanted)
"""
LACKING = """
select 'membership of ' || member || ' in ' || builder
from
    unnest(array[%(login)s, current_user::text]) as member,
    unnest(%(builders)s::text[]) as builder
where not pg_has_role(member, builder, 'usage')
union all
select 'the right of ' || role || ' to connect' from unnest(%(roles)s::text[]) as role
where not has_database_privilege(role, current_database(), 'connect')
union all
select 'the right of ' || role || ' to temporary tables' from unnest(%(builders)s::text[]) as role
where not has_database_privilege(role, current_database(), 'temporary')
union all
select 'the right of ' || current_user || ' to create schemas'
where not has_database_privilege(current_database(), 'create')
union all
select 'closing the database to PUBLIC' from pg_database as own
where
    own.datname = current_database()
    and exists (
        select 1 from aclexplode(coalesce(own.datacl, acldefault('d', own.datdba))) as acl
        where acl.grantee = 0
    )
union all
select 'closing the schema public to PUBLIC' from pg_namespace as own
where
    own.nspname = 'public'
    and exists (
        select 1 from aclexplode(coalesce(own.nspacl, acldefault('n', own.nspowner))) as acl
        where acl.grantee = 0 and acl.privilege_type = 'CREATE'
    )
union all
-- What an administrator has set otherwise is left alone.
select 'the setting ' || wanted || ' of ' || %(login)s from unnest(%(settings)s::text[]) as wanted
where
    not exists (
        select 1 from pg_roles, unnest(rolconfig) as setting
        where rolname = %(login)s and lower(split_part(setting, '=', 1)) = wanted
    )
"""


def administrators_sql(login: str, database: str, maker: str | None = None) -> str:
    """The script of the administrator, for the profile's login on this database.

    Args:
        maker: who makes the schemas afterwards; by default the login itself.
    """
    maker = maker or login
    members = ", ".join(_name(member) for member in dict.fromkeys((login, maker)))
    return SCRIPT.format(
        database=_name(database),
        login=_name(login),
        login_text=_text(login),
        maker=_name(maker),
        members=members,
        roles=",\n        ".join(_text(role) for role in ROLES),
        settings="\n".join(
            f"alter role {_name(login)} set {setting} = {_text(value)};"
            for setting, value in BUILDER_SESSION.items()
        ),
    )


def lacking(cursor: psycopg2.extensions.cursor, login: str) -> list[str]:
    """What of the administrator's script is not there, in words; looks, and changes nothing."""
    asked = {
        "login": login,
        "roles": list(ROLES),
        "builders": [LOADER_ROLE, TRANSFORMER_ROLE],
        "settings": list(BUILDER_SESSION),
    }
    cursor.execute(MISSING_ROLES, {"roles": [*ROLES, login]})
    missing = [what for (what,) in cursor]
    if missing:
        return missing
    cursor.execute(LACKING, asked)
    return [what for (what,) in cursor]


def set_session(cursor: psycopg2.extensions.cursor, role: str, settings: Mapping[str, str]) -> None:
    """Give a role the settings that each of its sessions starts with."""
    for setting, value in settings.items():
        cursor.execute(
            sql.SQL("alter role {} set {} = {}").format(
                sql.Identifier(role), sql.Identifier(setting), sql.Literal(value)
            )
        )


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
