"""Connections to the warehouse, and the roles, schemas and control tables that it stands on.

Every connection sets UTF8 and UTC itself: neither PGCLIENTENCODING nor the server's own time zone
changes what is written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from ingest import rights
from ingest.rights import administrators_sql, lacking
from ingest.settings import (
    LOADER_ROLE,
    READER_ROLE,
    TRANSFORMER_ROLE,
    ZONE_READER_ROLE,
    SettingsError,
    Warehouse,
)

DDL_DIR = Path(__file__).resolve().parent / "ddl"
MODEL_SCHEMAS = (
    "ods",
    "dwh_reference",
    "dwh_staging",
    "dwh_dimensions",
    "dwh_facts",
    "dwh_marts",
)
# Who may look into a schema of models; what they read there is granted relation by relation.
READERS = {
    "dwh_dimensions": (READER_ROLE,),
    "dwh_facts": (READER_ROLE,),
    "dwh_marts": (READER_ROLE, ZONE_READER_ROLE),
    # The views under names of today; a history is shown where it is granted by itself.
    "ods": (READER_ROLE,),
}
MIN_SERVER = 150000


class WarehouseError(Exception):
    """The warehouse cannot be used: one line that says why and what to do."""


def connect(
    warehouse: Warehouse, *, role: str | None = None, autocommit: bool = False
) -> Connection:
    """Open a connection in UTF8 and UTC; with `role`, with the rights of that role alone.

    Raises:
        WarehouseError: if the server does not answer or refuses the login.
    """
    options = "-c timezone=UTC -c client_encoding=UTF8"
    if role:
        options += f" -c role={role}"
    settings: dict[str, Any] = {
        "host": warehouse.host,
        "port": warehouse.port,
        "dbname": warehouse.dbname,
        "user": warehouse.user,
        "password": warehouse.password,
        "sslmode": warehouse.sslmode,
        "connect_timeout": 10,
        "client_encoding": "UTF8",
        "application_name": "entrepot",
        "options": options,
    }
    if warehouse.sslrootcert:
        settings["sslrootcert"] = warehouse.sslrootcert
    try:
        opened = psycopg2.connect(**settings)
    except (psycopg2.OperationalError, UnicodeDecodeError) as error:
        # A server may word its refusal in an encoding that is not ours.
        why = _why(error)
        mend = "see whether it is up, and the DWH_DB_... settings"
        if warehouse.embedded:
            mend = "start it with `entrepot up`"
        elif role and f'role "{role}" does not exist' in why:
            mend = f"run `entrepot init --target {warehouse.target}`"
        raise WarehouseError(
            f"cannot connect to {warehouse.dbname} on {warehouse.host}:{warehouse.port} as "
            f"{warehouse.user}: {why} ({mend})"
        ) from error
    opened.autocommit = autocommit
    return opened


def _why(error: Exception) -> str:
    """The reason of the last attempt to connect, without its address and the guess below it."""
    lines = [line for line in str(error).strip().splitlines() if not line.startswith("\t")]
    return lines[-1].rpartition(" failed: ")[2] if lines else type(error).__name__


def said_by(error: Exception) -> str:
    """What a server said, in one line, without the value of a row that an error of data quotes."""
    lines = str(error).strip().splitlines()
    said = lines[0] if lines else type(error).__name__
    if isinstance(error, psycopg2.DataError):
        said = re.sub(r'".*"|".*', '"…"', said).removesuffix(': "…"')
    return said


@contextmanager
def transaction(opened: Connection) -> Iterator[psycopg2.extensions.cursor]:
    """Run the block in one transaction: committed at its end, rolled back on any error."""
    try:
        with opened.cursor() as cursor:
            yield cursor
        opened.commit()
    except BaseException:
        if not opened.closed:
            opened.rollback()
        raise


def _fingerprint(raw_schemas: Iterable[str]) -> str:
    """What `prepare` would make, as a hash: the DDL files, this module and the raw schemas."""
    digest = hashlib.sha256()
    for path in [*sorted(DDL_DIR.glob("*.sql")), Path(__file__), Path(rights.__file__)]:
        digest.update(path.read_bytes())
    digest.update("|".join(sorted(raw_schemas)).encode())
    return digest.hexdigest()[:16]


def is_prepared(opened: Connection, raw_schemas: Iterable[str]) -> bool:
    """Whether `prepare` has nothing to do; one look at the comment that it leaves on `etl`."""
    with opened.cursor() as cursor:
        cursor.execute(
            "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'etl'"
        )
        comment = one_value(cursor)
    opened.rollback()
    return bool(comment == f"entrepot {_fingerprint(raw_schemas)}")


def prepare(admin: Connection, login: str, raw_schemas: Iterable[str]) -> None:
    """Make roles, schemas, control tables and rights; what is there already stays as it is.

    Args:
        admin: a connection that may create roles and owns the warehouse's database; where an
            administrator gave roles and rights before (ingest/rights.py), the login's own will do.
        login: the login of the profile, which becomes a member of loader and transformer.
        raw_schemas: the landing schemas of the catalog (`raw_<source>`).

    Raises:
        WarehouseError: if the server is older than 15, the database is not UTF8, or roles or rights
            are missing that this connection may not give.
    """
    raw_schemas = sorted(set(raw_schemas))
    with transaction(admin) as cursor:
        cursor.execute("show server_encoding")
        encoding = one_value(cursor)
        if encoding != "UTF8":
            raise WarehouseError(
                f"the warehouse database is in {encoding}; create it with encoding 'UTF8'."
            )
        if admin.server_version < MIN_SERVER:
            raise WarehouseError(
                f"the warehouse runs PostgreSQL {admin.server_version // 10000}; "
                "it must be 15 or later."
            )
        # Two set-ups at once (two runs on a new database) must not both create.
        cursor.execute("select pg_advisory_xact_lock(hashtext('entrepot init'))")
        _given_by_administrator(cursor, login)
        _schemas(cursor, raw_schemas)
        cursor.execute(sql.SQL("set local role {}").format(sql.Identifier(LOADER_ROLE)))
        for path in sorted(DDL_DIR.glob("*.sql")):
            cursor.execute(path.read_text(encoding="utf-8"))
        cursor.execute("reset role")
        cursor.execute(
            sql.SQL("comment on schema etl is {}").format(
                sql.Literal(f"entrepot {_fingerprint(raw_schemas)}")
            )
        )


def _given_by_administrator(cursor: psycopg2.extensions.cursor, login: str) -> None:
    """See to it that roles and rights on the database are there, by our own rights if need be."""
    lacks = lacking(cursor, login)
    if not lacks:
        return
    cursor.execute("select current_user, current_database()")
    maker, database = cursor.fetchone() or ("", "")
    try:
        cursor.execute(administrators_sql(login, database, maker))
        lacks = lacking(cursor, login)
    except psycopg2.errors.InsufficientPrivilege:
        pass  # told below, with what was missing before
    if lacks:
        more = f" and {len(lacks) - 1} more" if len(lacks) > 1 else ""
        raise WarehouseError(
            f"{maker} may not give the database {database} all it needs: {lacks[0]}{more} is "
            "missing; let an administrator run what `entrepot init --print-sql` prints "
            "(docs/managed-postgresql.md)."
        )


def one_value(cursor: psycopg2.extensions.cursor) -> Any:
    """The first column of the row that the last statement returned, or None without a row."""
    row = cursor.fetchone()
    return row[0] if row else None


def _schemas(cursor: psycopg2.extensions.cursor, raw_schemas: list[str]) -> None:
    owners = {
        **dict.fromkeys(["etl", *raw_schemas], LOADER_ROLE),
        **dict.fromkeys(MODEL_SCHEMAS, TRANSFORMER_ROLE),
    }
    for schema, owner in owners.items():
        cursor.execute(
            sql.SQL("create schema if not exists {} authorization {}").format(
                sql.Identifier(schema), sql.Identifier(owner)
            )
        )
    transformer = sql.Identifier(TRANSFORMER_ROLE)
    for schema in ["etl", *raw_schemas]:
        name = sql.Identifier(schema)
        cursor.execute(sql.SQL("grant usage on schema {} to {}").format(name, transformer))
        cursor.execute(
            sql.SQL(
                "alter default privileges for role {} in schema {} grant select on tables to {}"
            ).format(sql.Identifier(LOADER_ROLE), name, transformer)
        )
    # The monitoring views live beside the control tables that they read.
    cursor.execute(sql.SQL("grant create on schema etl to {}").format(transformer))
    for schema, roles in READERS.items():
        cursor.execute(
            sql.SQL("grant usage on schema {} to {}").format(
                sql.Identifier(schema), sql.SQL(", ").join(map(sql.Identifier, roles))
            )
        )


def require_prepared(opened: Connection, warehouse: Warehouse, raw_schemas: list[str]) -> None:
    """Refuse to work on a warehouse that `prepare` has not made.

    Raises:
        SettingsError: naming the command that prepares it.
    """
    if not is_prepared(opened, raw_schemas):
        raise SettingsError(
            f"the warehouse of target {warehouse.target} is not prepared for these sources; "
            f"run `entrepot init --target {warehouse.target}`."
        )
