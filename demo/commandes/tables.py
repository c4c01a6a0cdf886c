"""Writing to the database: statements that PostgreSQL and MySQL read alike.

Names are quoted as the standard says, which a connection to MySQL is told to follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from demo.commandes.world import COLUMNS, KEYS, TABLES, Change, Key, Row
from demo.database import Cursor, refuse_rows

_BATCH = 500


def lay_out(cursor: Cursor) -> None:
    """Make the tables, unless they are there. Like the system itself, declare keys named ID only.

    Raises:
        Refused: if one of them holds rows: they are not ours.
    """
    for table, columns in COLUMNS.items():
        lines = [f'"{name}" {type_}' for name, type_ in columns.items()]
        if KEYS[table] == ("ID",):
            lines.append('primary key ("ID")')
        if table == "A_Kopf":
            lines.append('unique ("AuftragsTyp", "AuNummer", "AuAlpha")')
        cursor.execute(f'create table if not exists "{table}" ({", ".join(lines)})')
    refuse_rows(cursor, None, TABLES)


def write(cursor: Cursor, changes: Iterable[tuple[str, Change]]) -> int:
    """Write what changed; return the number of rows inserted, updated and deleted."""
    count = 0
    for table, change in changes:
        _delete(cursor, table, change.deleted)
        _insert(cursor, table, change.inserted)
        for key, cells in change.updated:
            named = ", ".join(f'"{name}" = %s' for name in cells)
            cursor.execute(
                f'update "{table}" set {named} where {_same(table)}', (*cells.values(), *key)
            )
        count += len(change.deleted) + len(change.inserted) + len(change.updated)
    return count


def _same(table: str) -> str:
    return " and ".join(f'"{column}" = %s' for column in KEYS[table])


def _delete(cursor: Cursor, table: str, keys: Sequence[Key]) -> None:
    for key in keys:
        cursor.execute(f'delete from "{table}" where {_same(table)}', key)


def _insert(cursor: Cursor, table: str, rows: Sequence[Row]) -> None:
    columns = tuple(COLUMNS[table])
    named = ", ".join(f'"{name}"' for name in columns)
    places = f"({', '.join(['%s'] * len(columns))})"
    for first in range(0, len(rows), _BATCH):
        batch = rows[first : first + _BATCH]
        values: list[Any] = [row[name] for row in batch for name in columns]
        cursor.execute(
            f'insert into "{table}" ({named}) values {", ".join([places] * len(batch))}', values
        )
