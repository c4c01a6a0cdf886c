"""`etl.columns`: the name that each raw column has at its source (landing rule 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from ingest.catalog import Table
from ingest.raw_tables import declared_columns

_UPSERT = """
    insert into etl.columns (
        source, table_name, source_name, column_name, data_type, first_seen_at, last_seen_at
    )
    values %s
    on conflict (source, table_name, source_name) do update set
        column_name = excluded.column_name,
        data_type = excluded.data_type,
        last_seen_at = excluded.last_seen_at
"""


def note_columns(cursor: Cursor, landed: Iterable[tuple[Table, Mapping[str, str]]]) -> None:
    """Note the columns of files that landed: table, source name -> SQL name."""
    now = datetime.now(UTC)
    rows = {}
    for table, columns in landed:
        types = declared_columns(table)
        for source_name, column in columns.items():
            kind = types.get(column, "text")
            key = (table.source, table.name, source_name)
            rows[key] = (*key, column, kind, now, now)
    if rows:
        execute_values(cursor, _UPSERT, list(rows.values()), page_size=len(rows))


class _SourceColumn(Protocol):
    @property
    def source_name(self) -> str: ...
    @property
    def source_type(self) -> str: ...


def note_source_columns(
    cursor: Cursor, table: Table, columns: Sequence[_SourceColumn], names: Mapping[str, str]
) -> None:
    """Note the columns that a database table has now, with the source's own types.

    A column that is gone keeps its line: `last_seen_at` says when it was there last.
    """
    now = datetime.now(UTC)
    rows = [
        (
            *(table.source, table.name, column.source_name, names[column.source_name]),
            *(column.source_type, now, now),
        )
        for column in columns
    ]
    if rows:
        execute_values(cursor, _UPSERT, rows, page_size=len(rows))
