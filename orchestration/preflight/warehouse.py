"""The warehouse: it answers, is the server we need, and lets us do our work."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from psycopg2.extensions import connection as Connection

from ingest import server
from ingest.settings import LOADER_ROLE, TRANSFORMER_ROLE, Warehouse
from ingest.warehouse import (
    MIN_SERVER,
    MODEL_SCHEMAS,
    WarehouseError,
    connect,
    is_prepared,
)
from orchestration.preflight.model import TOOL, WAREHOUSE, Check, Name

# Seconds that two clocks may be apart before the order of deliveries and runs is in doubt.
CLOCK_APART = 30.0

_ROLES = """
    select rolname, pg_has_role(current_user, oid, 'member')
    from pg_roles
    where rolname in %s
"""
# Without the schema there is no right to create in it.
_CLOSED = """
    select wanted.schema_name
    from unnest(%s::text[], %s::text[]) as wanted (role_name, schema_name)
    left join pg_namespace on pg_namespace.nspname = wanted.schema_name
    where
        pg_namespace.oid is null
        or not has_schema_privilege(wanted.role_name, pg_namespace.oid, 'create')
"""


def check_warehouse(chosen: Warehouse, raw_schemas: Sequence[str]) -> list[Check]:
    """Look at the server, the database and our rights there; starts the embedded server."""
    try:
        # As every command does: a machine that was started anew is not a fault.
        server.ensure_up(chosen, list(raw_schemas))
        began = time.monotonic()
        opened = connect(chosen, autocommit=True)
        seconds = time.monotonic() - began
    except (WarehouseError, server.ServerError) as error:
        mend = (
            "entrepot up; `entrepot status` says how it stands"
            if chosen.embedded
            else "see whether the server is up, and mend the DWH_DB_... variables of .env"
        )
        return [Check("warehouse", "FAIL", str(error), mend, WAREHOUSE)]
    try:
        answers = f"{chosen.dbname} on {chosen.host}:{chosen.port} answers in {seconds:.2f} s"
        return [
            Check("warehouse", "OK", answers, scope=WAREHOUSE),
            _version(opened),
            _encoding(opened),
            *_rights(opened, chosen, raw_schemas),
            _clock(opened),
        ]
    finally:
        opened.close()


def _rows(opened: Connection, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with opened.cursor() as cursor:
        cursor.execute(query, values or None)
        return list(cursor.fetchall())


def _verdict(name: Name, is_good: bool, detail: str, mend: str) -> Check:
    """A check without which nothing can run."""
    return Check(name, "OK" if is_good else "FAIL", detail, "" if is_good else mend, WAREHOUSE)


def _version(opened: Connection) -> Check:
    ((said,),) = _rows(opened, "show server_version")
    is_good = opened.server_version >= MIN_SERVER
    return _verdict(
        "server version", is_good, f"PostgreSQL {said}", "move to PostgreSQL 15 or later"
    )


def _encoding(opened: Connection) -> Check:
    ((encoding,),) = _rows(opened, "show server_encoding")
    mend = "make a database with `encoding 'UTF8' template template0`, and name it"
    return _verdict("encoding", encoding == "UTF8", encoding, mend)


def _rights(opened: Connection, chosen: Warehouse, raw_schemas: Sequence[str]) -> list[Check]:
    """Whether the login is a member of both roles, and these may create in their schemas."""
    mend = f"an administrator runs `entrepot init --target {chosen.target}`"
    wanted = (LOADER_ROLE, TRANSFORMER_ROLE)
    roles = dict(_rows(opened, _ROLES, (wanted,)))
    missing = [role for role in wanted if role not in roles]
    if missing:
        return [_verdict("roles", False, f"there is no role {', '.join(missing)}", mend)]
    foreign = [role for role in wanted if not roles[role]]
    if foreign:
        said = f"{chosen.user} is no member of {', '.join(foreign)}"
        return [_verdict("roles", False, said, mend)]
    found = [_verdict("roles", True, f"{chosen.user} is a member of {' and '.join(wanted)}", "")]
    pairs = [(LOADER_ROLE, schema) for schema in ("etl", *raw_schemas)]
    pairs += [(TRANSFORMER_ROLE, schema) for schema in (*MODEL_SCHEMAS, "etl")]
    closed = _rows(opened, _CLOSED, ([role for role, _ in pairs], [name for _, name in pairs]))
    if closed:
        names = ", ".join(sorted({name for (name,) in closed}))
        return [*found, _verdict("rights", False, f"nothing can be made in {names}", mend)]
    if not is_prepared(opened, raw_schemas):
        said = "made by another version, or for other sources"
        return [*found, _verdict("rights", False, said, mend)]
    return [*found, _verdict("rights", True, f"tables can be made in {len(pairs)} schemas", "")]


def _clock(opened: Connection) -> Check:
    before = time.time()
    ((server_time,),) = _rows(opened, "select extract(epoch from clock_timestamp())")
    apart = abs(float(server_time) - (before + time.time()) / 2)
    if apart > CLOCK_APART:
        said = f"the server's is {apart:.0f} s from this machine's"
        return Check("clock", "WARNING", said, "let both follow a time server (NTP)", TOOL)
    return Check("clock", "OK", f"{apart:.1f} s from the server's", scope=TOOL)
