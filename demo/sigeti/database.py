"""Writing to PostgreSQL: the tables at once by COPY, later days row by row."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_batch

from demo.database import refuse_rows
from demo.sigeti.world import TABLES, Changes, Row, World

_SCHEMA = Path(__file__).with_name("schema.sql")
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def lay_out(cursor: Cursor) -> None:
    """Make the tables, unless they are there.

    Raises:
        Refused: if one of them holds rows: they are not ours.
    """
    cursor.execute(_SCHEMA.read_text(encoding="utf-8"))
    refuse_rows(cursor, "public", TABLES)


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
