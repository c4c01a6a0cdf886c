"""Writing to PostgreSQL: the tables at once by COPY, later days row by row."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_batch

from demo.sigeti.world import TABLES, Changes, Row, World

_SCHEMA = Path(__file__).with_name("schema.sql")
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

# The demo remembers what it made in a schema of its own.
_STATE = """
create schema if not exists demo_state;
create table if not exists demo_state.sigeti (
    scale integer not null,
    seed integer not null,
    day integer not null,
    faults_day integer -- the day on which what can go wrong was put in
)
"""


class Refused(Exception):
    """The database is not one that this request fits; the message says why in one line."""


class Unreachable(Exception):
    """The server cannot be used; the message says why in one line."""


@dataclass(frozen=True)
class State:
    """What a database holds."""

    scale: int
    seed: int
    day: int
    faults_day: int | None = None


def connect(url: str) -> Connection:
    """Open a connection in UTF8 and UTC.

    Raises:
        Refused: if the address is not one of PostgreSQL.
        Unreachable: if the server does not answer or refuses the login.
    """
    # What the libraries say of a bad address may hold its password.
    bad = Refused("--url is not an address; special characters of a password are written as %40")
    try:
        parts = urlsplit(url)
        where = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    except ValueError:
        raise bad from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise Refused("--url must begin with postgresql://")
    try:
        return psycopg2.connect(
            url,
            client_encoding="UTF8",
            connect_timeout=10,
            application_name="sigeti demo",
            options="-c timezone=UTC -c client_encoding=UTF8",
        )
    except psycopg2.ProgrammingError:
        raise bad from None
    except (psycopg2.Error, UnicodeDecodeError) as error:
        # A server may word its refusal in an encoding that is not ours.
        raise Unreachable(
            f"cannot connect to {where}: {_said(error).rsplit(': ', 1)[-1]}"
        ) from error


def _said(error: Exception) -> str:
    """The first line of what an error says."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__).strip()


@contextmanager
def transaction(connection: Connection) -> Iterator[Cursor]:
    """Write in one transaction, alone; on any error nothing is written.

    Raises:
        Unreachable: if the database cannot be written to.
    """
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('demo sigeti'))")
            yield cursor
    except psycopg2.Error as error:
        raise Unreachable(f"cannot write: {_said(error)}") from error


def state(cursor: Cursor) -> State | None:
    """What the database holds; nothing if the demo never wrote to it."""
    cursor.execute("select to_regclass('demo_state.sigeti')")
    (known,) = cursor.fetchone() or (None,)
    if known is None:
        return None
    cursor.execute("select scale, seed, day, faults_day from demo_state.sigeti")
    found = cursor.fetchone()
    return State(*found) if found else None


def keep(cursor: Cursor, now: State) -> None:
    """Remember what the database holds."""
    cursor.execute("delete from demo_state.sigeti")
    cursor.execute(
        "insert into demo_state.sigeti (scale, seed, day, faults_day) values (%s, %s, %s, %s)",
        (now.scale, now.seed, now.day, now.faults_day),
    )


def lay_out(cursor: Cursor) -> None:
    """Make the tables, unless they are there.

    Raises:
        Refused: if one of them holds rows: they are not ours.
    """
    cursor.execute("set local client_min_messages = warning")
    cursor.execute(_STATE)
    cursor.execute(_SCHEMA.read_text(encoding="utf-8"))
    for table in TABLES:
        cursor.execute(sql.SQL("select exists (select from {})").format(_name(table)))
        if cursor.fetchone() == (True,):
            raise Refused(f"the table public.{table} holds rows that this demo did not make")


def write(cursor: Cursor, world: World, changes: Changes) -> int:
    """Write what changed; return the number of rows inserted, updated and deleted."""
    count = 0
    for table in TABLES:
        gone = list(changes.deleted.get(table, ()))
        if gone:
            query = sql.SQL("delete from {} where id = any(%s)").format(_name(table))
            cursor.execute(query, (gone,))
        new = [world.tables[table][key] for key in changes.inserted.get(table, ())]
        copy(cursor, table, new)
        touched = changes.updated.get(table, {})
        for columns in sorted({tuple(columns) for columns in touched.values() if columns}):
            keys = [key for key, of_row in touched.items() if tuple(of_row) == columns]
            _update(cursor, table, columns, [world.tables[table][key] for key in keys])
        count += len(gone) + len(new) + len(touched)
    return count


def copy(cursor: Cursor, table: str, rows: Sequence[Row]) -> None:
    """Add rows."""
    if not rows:
        return
    columns = list(dict.fromkeys(name for row in rows for name in row))
    command = sql.SQL("copy {} ({}) from stdin").format(
        _name(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    lines = io.StringIO()
    lines.writelines(_lines(rows, columns))
    lines.seek(0)
    cursor.copy_expert(command, lines)


def _update(cursor: Cursor, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    pairs = sql.SQL(", ").join(
        sql.SQL("{} = %s").format(sql.Identifier(column)) for column in columns
    )
    query = sql.SQL("update {} set {} where id = %s").format(_name(table), pairs)
    values = [[*(_plain(row[name]) for name in columns), row["id"]] for row in rows]
    execute_batch(cursor, query, values)


def _name(table: str) -> sql.Identifier:
    return sql.Identifier("public", table)


def _lines(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[str]:
    for row in rows:
        yield "\t".join(_cell(row.get(name)) for name in columns) + "\n"


def _cell(value: Any) -> str:
    """A value in the text format of COPY."""
    if value is None:
        return r"\N"
    value = _plain(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).translate(_ESCAPED)


def _plain(value: Any) -> Any:
    """JSON as text; all else as it is."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
