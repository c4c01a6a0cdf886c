"""One delivered CSV or XLSX -> record batches of text with their lineage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.files.model import Layout, Limits, ReadResult, RejectSink


class TableFile:
    """A file being read. The header is read and judged when it is made.

    `schema` is that of every batch: the declared columns, then the file's other columns, in
    the order of the file, all text (empty cells are null); `_file_id` text, `_row_number`
    bigint, then the given constants. `result` is complete once `batches` is exhausted.
    """

    schema: pa.Schema
    result: ReadResult

    def __init__(
        self,
        path: Path,
        layout: Layout,
        *,
        file_id: str,
        rejects: RejectSink,
        scratch: Path,
        name: str | None = None,
        constants: Mapping[str, pa.Scalar[Any]] | None = None,
        pii_key: bytes | None = None,
        limits: Limits | None = None,
        block_bytes: int = 4 * 1024 * 1024,
    ):
        """Open `path`; `name` (default: that of the path) tells by its extension what it is.

        Raises:
            FileRefused: empty file, header changed, colliding names, unreadable workbook.
            ValueError: `pii` without `pii_key`.
        """
        raise NotImplementedError

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the records that can be read, in the order of the file, never an empty batch.

        Raises:
            FileRefused: at the end, if no day of the file lies in `layout.period`.
        """
        raise NotImplementedError
