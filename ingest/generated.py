"""The road of generated tables: made by `ingest.reference`, landed like a delivered file.

fingerprint -> unchanged? -> table -> content hash -> staging -> replaced whole, in one go
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import Table
from ingest.landing import Landing
from ingest.ledger import Delivery, Outer, file_id
from ingest.package import Reading

BATCH = 65_536
_TYPES: dict[str, pa.DataType] = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "double precision": pa.float64(),
    "text": pa.string(),
}


class Generator(Protocol):
    """What makes a table: `fingerprint` changes whenever the table that it makes could change."""

    def fingerprint(self) -> str: ...

    def generate(self) -> pa.Table: ...


class Shrunk(Exception):
    """A table came out empty or far smaller than it was: a person has to say that it may."""


def land_generated(
    landing: Landing,
    table: Table,
    generator: Generator,
    *,
    force: bool = False,
    accept_shrink: bool = False,
    spend: Callable[[Table, float], None] = lambda table, seconds: None,
) -> bool:
    """Land what `generator` makes, if it could have changed; True if something was recorded.

    The ledger knows it as a file of the place `<source>`, under the path `<table>`, by the hash of
    its content; its reason holds the fingerprint. The rows of before are replaced in the
    transaction that records it. `force` makes it anew whatever the fingerprint.

    Raises:
        Shrunk: fewer than half of the rows of before, and not `accept_shrink`.
        LoadFailed: from the landing.
    """
    began = time.monotonic()
    reason = f"fingerprint {generator.fingerprint()}"
    held = landing.ask(lambda cursor: _held(cursor, table))
    if held and held[1] == reason and not force:
        return False
    made = _typed(generator.generate(), table)
    _guard(table, made.num_rows, held[2] if held else 0, accept_shrink)
    sha256 = _hash(made)
    now = datetime.now(UTC)
    identity = file_id(table.source, table.name, table.name, sha256)
    delivery = Delivery(
        path=table.name,
        source=table.source,
        status="content",
        reason=reason,
        table_name=table.name,
        logical_name=table.name,
        kind="consolidated",
        sha256=sha256,
        size_bytes=made.nbytes,
        file_id=identity,
    )
    if not held or held[0] != sha256 or force:
        _add(landing, table, made, identity)
        delivery.loaded = True
        delivery.rows_read = delivery.rows_landed = made.num_rows
        delivery.rows_rejected = 0
        delivery.columns = {name: name for name in made.column_names}
    spend(table, time.monotonic() - began)
    landing.complete(Reading(Outer(table.source, table.name, made.nbytes, now), [delivery]))
    return True


def _held(cursor: Cursor, table: Table) -> tuple[str, str | None, int] | None:
    """Hash, reason and rows of what is in the table now."""
    cursor.execute(
        "select sha256, reason, coalesce(rows_landed, 0) from etl.file_ledger"
        " where source = %s and table_name = %s and logical_name = %s and status = 'landed'",
        (table.source, table.name, table.name),
    )
    row = cursor.fetchone()
    return (row[0], row[1], row[2]) if row else None


def _typed(made: pa.Table, table: Table) -> pa.Table:
    """The declared columns with their declared types; a difference is a fault of ours."""
    columns = {column.name: _TYPES[column.data_type or "text"] for column in table.columns}
    return made.select(list(columns)).cast(pa.schema(list(columns.items())))


def _guard(table: Table, rows: int, before: int, accept: bool) -> None:
    if not accept and (rows == 0 or rows * 2 < before):
        raise Shrunk(
            f"{table.key} would shrink from {before} rows to {rows};"
            " if that is right, run again with --accept-shrink"
        )


def _hash(made: pa.Table) -> str:
    """SHA-256 of the values as text: independent of versions and layout of Arrow."""
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(made, sink)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _add(
    landing: Landing,
    table: Table,
    made: pa.Table,
    identity: str,
) -> None:
    rows = made.num_rows
    whole = made.append_column("_file_id", pa.repeat(pa.scalar(identity), rows))
    whole = whole.append_column("_row_number", pa.array(range(1, rows + 1), pa.int64()))
    for batch in whole.combine_chunks().to_batches(max_chunksize=BATCH):
        landing.add(table, identity, batch, replace=True)
