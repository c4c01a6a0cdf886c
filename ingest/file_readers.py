"""The reader that a delivered file needs: of records, or of lines and from which one on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from ingest.catalog import FilesOrigin, LinesOrigin, Table
from ingest.files.growing import WHOLE, Beginning
from ingest.files.lines import LinesFile
from ingest.files.model import Layout, Limits, ReadResult, RejectSink
from ingest.files.naming import own_folder, own_name
from ingest.files.reader import TableFile
from ingest.ledger import Delivery

# A file of fewer rows is gathered before it is handed on: if it fails at its end, as most do that
# fail, nothing of it has to be taken out again.
GATHERED_ROWS = 100_000


class Reader(Protocol):
    """A file being read: its batches, and what came of it once they are exhausted."""

    result: ReadResult

    def batches(self) -> Iterator[pa.RecordBatch]: ...


def read_records(
    table: Table,
    path: Path,
    delivery: Delivery,
    rejects: RejectSink,
    *,
    columns: Sequence[str],
    scratch: Path,
    pii_key: bytes | None,
    limits: Limits,
) -> Reader:
    """Open a file of records; `columns`: those that its raw table has.

    Raises:
        FileRefused: it is not what its table declares.
    """
    origin = table.origin
    assert isinstance(origin, FilesOrigin) and delivery.file_id
    layout = Layout(
        header=origin.header,
        columns=tuple(columns),
        date_column=origin.date_column,
        period=delivery.period,
        encodings=origin.encodings,
        separators=origin.separators,
        pii=table.pii,
    )
    return TableFile(
        path,
        layout,
        file_id=delivery.file_id,
        rejects=rejects,
        scratch=scratch,
        name=own_name(delivery.path),
        pii_key=pii_key,
        limits=limits,
    )


def read_lines(
    table: Table,
    path: Path,
    delivery: Delivery,
    rejects: RejectSink,
    beginning: Beginning | None,
) -> Reader:
    """Open a file of lines, at the first one that its beginning has not brought.

    The delivery is told which content it continues, if it does.
    """
    origin = table.origin
    assert isinstance(origin, LinesOrigin) and delivery.file_id
    start = WHOLE
    if beginning:
        start = beginning.goes_on
        delivery.root_file_id = beginning.content.root_file_id
        delivery.continues_file_id = beginning.content.file_id
        delivery.first_row = start.row
    told = {"folder": own_folder(delivery.path), "file": own_name(delivery.path), "line": None}
    columns = {column: told[what] for column, what in origin.values.items()}
    reader = LinesFile(path, columns, file_id=delivery.file_id, rejects=rejects, start=start)
    reader.result.columns = {what: column for column, what in origin.values.items()}
    return reader


def gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, the first `GATHERED_ROWS` rows only once they are known to be followed."""
    first: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if rows < GATHERED_ROWS:
            first.append(batch)
            rows += batch.num_rows
            continue
        yield from first
        first = []
        yield batch
    yield from first
