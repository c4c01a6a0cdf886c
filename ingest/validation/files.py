"""Delivered files: what the ledger noted of each content, against raw rows and rejects.

For each content: rows read = raw rows + rejects, each number once. For each name: the delivery that
holds is the one that the set of deliveries elects.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

from psycopg2 import Error, errors, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import Generated, Table
from ingest.elections import settle
from ingest.validation.model import (
    ADDED,
    DOUBLED,
    LOST,
    STALE,
    UNNOTED,
    Checked,
    Difference,
)
from ingest.warehouse import said_by, transaction

CHECK = "rows of the files"
_QUERY, _CONTENT = (
    (Path(__file__).parent / name).read_text(encoding="utf-8")
    for name in ("files.sql", "content.sql")
)
# Contents of a table that are looked at row by row; those beyond are named alone.
MOST_FILES = 100


def check_files(warehouse: Connection, table: Table) -> Checked:
    """Compare the ledger of one table with its raw rows and its rejects."""
    began = time.monotonic()
    checked = Checked(table.source, table.name, CHECK, 0, 0)
    try:
        _compare(warehouse, table, checked)
    except errors.UndefinedTable:
        checked.failure = "has not been landed yet; run `entrepot run` first"
    except Error as error:
        checked.failure = said_by(error)
    checked.seconds = time.monotonic() - began
    return checked


def _compare(warehouse: Connection, table: Table, checked: Checked) -> None:
    with transaction(warehouse) as cursor:
        cursor.execute(
            sql.SQL(_QUERY).format(raw=sql.Identifier(table.schema, table.identifier)),
            {
                "source": table.source,
                "table": table.name,
                "generated": isinstance(table.origin, Generated),
            },
        )
        names = [column.name for column in cursor.description or ()]
        wrong = []
        for row in cursor.fetchall():
            one = dict(zip(names, row, strict=True))
            checked.expected = (checked.expected or 0) + (one["rows_read"] or 0)
            checked.found = (checked.found or 0) + one["rows"]
            checked.rejected += one["rejects"]
            if not one["is_equal"]:
                wrong.append(one)
        for place, one in enumerate(wrong):
            _name(cursor, table, one, checked, in_detail=place < MOST_FILES)
    _name_stale(warehouse, table, checked)


def _name(
    cursor: Cursor, table: Table, one: dict[str, Any], checked: Checked, *, in_detail: bool
) -> None:
    """Say which rows of a content are missing or there twice."""
    what = f"file {one['file_id']}"
    if one["logical_name"] is None:
        checked.note(
            Difference(ADDED, what, detail=f"{one['rows']} rows of a file that no ledger knows"),
            one["rows"],
        )
        return
    what = f"{one['logical_name']} ({one['file_id'][:8]})"
    before = sum(checked.counts.values())
    if in_detail:
        cursor.execute(
            sql.SQL(_CONTENT).format(raw=sql.Identifier(table.schema, table.identifier)),
            {
                "file": one["file_id"],
                "first": one["first_row"],
                "last": one["first_row"] + one["rows_read"] - 1,
                "added": ADDED,
                "doubled": DOUBLED,
                "lost": LOST,
            },
        )
        rejects_left = one["rows_rejected"] - one["rejects"]
        is_unnoted = rejects_left > 0 and one["rows"] >= one["rows_landed"]
        for heading, first, last in cursor.fetchall():
            heading = UNNOTED if is_unnoted and heading == LOST else heading
            rows = f"row {first}" if first == last else f"rows {first} to {last}"
            checked.note(Difference(heading, f"{what}, {rows}"), last - first + 1)
    if sum(checked.counts.values()) == before:
        noted = f"{one['rows_landed']} rows and {one['rows_rejected']} rejects were noted"
        found = f"there are {one['rows']} and {one['rejects']}"
        heading = LOST if one["rows"] < one["rows_landed"] else ADDED
        checked.note(Difference(heading, what, detail=f"{noted}, {found}"))


def _name_stale(warehouse: Connection, table: Table, checked: Checked) -> None:
    """Elect anew which delivery of each name holds, compare, and leave the ledger as it was."""
    statuses = (
        "select delivery_id, path, status, logical_name from etl.file_ledger"
        " where source = %s and table_name = %s"
        " and status in ('landed', 'superseded', 'duplicate') order by path, delivery_id"
    )
    with warehouse.cursor() as cursor:
        try:
            cursor.execute(statuses, (table.source, table.name))
            before = {row[0]: row[1:] for row in cursor.fetchall()}
            settle(cursor, {(table.source, table.name, name) for _, _, name in before.values()})
            cursor.execute(statuses, (table.source, table.name))
            after = {row[0]: row[2] for row in cursor.fetchall()}
        finally:
            # Nothing of it counts: it was a question.
            warehouse.rollback()
    for delivery_id, (path, status, _) in before.items():
        if after[delivery_id] != status:
            said = f"the ledger says {status}, by the set of deliveries it is {after[delivery_id]}"
            checked.note(Difference(STALE, f"{path} ({delivery_id[:8]})", detail=said))


def summary(counts: Counter[str]) -> str:
    """`2 lost, 1 doubled in the warehouse`."""
    return ", ".join(f"{count} {heading}" for heading, count in counts.most_common())
