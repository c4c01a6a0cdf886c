"""After each run: that the raw tables hold what the run says it landed.

The rows of each file that the run landed are counted in its raw table, and the rows of each image
that it changed are counted too: work in proportion to what arrived. What was found, equal or not,
is kept in etl.validation.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extras import execute_values

from ingest.catalog import Table
from ingest.raw_tables import destination, qualified
from ingest.settings import LOADER_ROLE, Warehouse
from ingest.warehouse import connect, transaction

FILES = "rows of the file in the raw table"
IMAGE = "rows of the image"


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison: a count that was noted while landing, and the same count taken now."""

    table: Table
    check: str
    expected: int
    found: int
    detail: str | None = None

    @property
    def is_equal(self) -> bool:
        return self.expected == self.found


def validate(home: Warehouse, run_id: str, tables: Collection[Table]) -> list[Compared]:
    """Compare what run `run_id` noted of these tables with what they hold, and keep the answers."""
    opened = connect(home, role=LOADER_ROLE)
    # One moment: what another run lands meanwhile is no difference.
    opened.set_session(isolation_level="REPEATABLE READ")
    try:
        with transaction(opened) as cursor:
            made: list[Compared] = []
            for table in tables:
                made += _files(cursor, run_id, table) + _image(cursor, run_id, table)
            execute_values(
                cursor,
                "insert into etl.validation (validation_id, run_id, source, table_name, check_name,"
                " expected, found, is_equal, detail, checked_at) values %s",
                [_row(run_id, compared) for compared in made],
                template="(%s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())",
            ) if made else None
    finally:
        opened.close()
    return made


def _row(run_id: str, compared: Compared) -> tuple[Any, ...]:
    return (
        secrets.token_hex(16),
        run_id,
        compared.table.source,
        compared.table.name,
        compared.check,
        str(compared.expected),
        str(compared.found),
        compared.is_equal,
        compared.detail,
    )


def _files(cursor: Any, run_id: str, table: Table) -> list[Compared]:
    cursor.execute(
        "select _file_id, min(logical_name), max(rows_landed) from etl.file_ledger"
        " where run_id = %s and source = %s and table_name = %s and status = 'landed'"
        " and rows_landed is not null group by _file_id",
        (run_id, table.source, table.name),
    )
    noted = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
    if not noted:
        return []
    cursor.execute(
        sql.SQL("select _file_id, count(*) from {} where _file_id = any(%s) group by 1").format(
            qualified(destination(table))
        ),
        (list(noted),),
    )
    counted = dict(cursor.fetchall())
    return [
        Compared(table, FILES, rows, counted.get(file_id, 0), name)
        for file_id, (name, rows) in noted.items()
    ]


def _image(cursor: Any, run_id: str, table: Table) -> list[Compared]:
    cursor.execute(
        "select image_rows from etl.source_tables as held"
        " where source = %s and table_name = %s and exists ("
        "   select 1 from etl.run_log as line where line.run_id = %s and line.source = held.source"
        "   and line.table_name = held.table_name and line.step = 'load' and line.rows > 0)",
        (table.source, table.name, run_id),
    )
    noted = cursor.fetchone()
    if noted is None:
        return []
    cursor.execute(sql.SQL("select count(*) from {}").format(qualified(destination(table))))
    return [Compared(table, IMAGE, noted[0], cursor.fetchone()[0])]
