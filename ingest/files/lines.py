"""The lines of one delivered file -> record batches of text with their lineage.

A line ends in LF or CRLF; what follows the last end is a line too, perhaps half written. Read as
ISO-8859-1 every byte is a character. NUL, which PostgreSQL cannot hold, becomes U+2400: no byte is
read as that, so the bytes can be had back from the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingest.files.blocks import KEPT_OF_LONG_LINE, MAX_LINE, blocks, whole_lines
from ingest.files.growing import WHOLE, Start
from ingest.files.model import MIB, ReadResult, Reject, RejectSink
from ingest.files.reader import storable

ENCODING = "iso-8859-1"
NUL_MARK = "\u2400"
_OVERLONG = f"a line longer than {MAX_LINE // MIB} MiB (its beginning is kept)"
_DAY = re.compile(r"(20[0-9]{2})([0-9]{2})([0-9]{2})")


class LinesFile:
    """A file of lines being read, from `start` on.

    `columns`: column -> its value in every row, None for the one that takes the line. `schema` is
    that of every batch: these columns, all text, never null; `_file_id` text, `_row_number` bigint:
    the number of the line in the whole file, from 1. `result` is complete once `batches` is
    exhausted; its days are those that lines begin with (`20250528`).
    """

    def __init__(
        self,
        path: Path,
        columns: Mapping[str, str | None],
        *,
        file_id: str,
        rejects: RejectSink,
        start: Start = WHOLE,
        block_bytes: int = 4 * MIB,
    ):
        self.result = ReadResult(encoding=ENCODING)
        self._path = path
        self._columns = columns
        self._file_id = file_id
        self._sink = rejects
        self._start = start
        self._block_bytes = block_bytes
        self._row = start.row
        self.schema = pa.schema(
            [(name, pa.string()) for name in columns]
            + [("_file_id", pa.string()), ("_row_number", pa.int64())]
        )

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the lines in the order of the file, never an empty batch."""
        for block in blocks(self._path, self._start.offset, self._block_bytes):
            if block.overlong:
                self._reject(block.data)
            elif len(block.data) > MAX_LINE:
                yield from self._carefully(block.data)
            elif block.data:
                yield self._batch(block.data)

    def _carefully(self, data: bytes) -> Iterator[pa.RecordBatch]:
        """Lines of which some may be overlong, though their ends came with them."""
        runs = groupby(whole_lines(data), lambda line: len(line.removesuffix(b"\n")) > MAX_LINE)
        for overlong, lines in runs:
            if not overlong:
                yield self._batch(b"".join(lines))
                continue
            for line in lines:
                self._reject(line)

    def _batch(self, data: bytes) -> pa.RecordBatch:
        """Whole lines, and perhaps the last one of the file without its end, or with half of it."""
        text = data.decode(ENCODING).replace("\0", NUL_MARK).replace("\r\n", "\n")
        if not text.endswith("\n"):
            text = text.removesuffix("\r") + "\n"
        lines = pa.array(text.split("\n")[:-1], pa.string())
        count = len(lines)
        numbers = pa.array(range(self._row, self._row + count), pa.int64())
        self._row += count
        self.result.rows_read += count
        self.result.rows_landed += count
        self._note_days(lines)
        columns = [
            lines if value is None else pa.repeat(pa.scalar(value, pa.string()), count)
            for value in self._columns.values()
        ]
        columns += [pa.repeat(pa.scalar(self._file_id, pa.string()), count), numbers]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _note_days(self, lines: pa.StringArray) -> None:
        for text in pc.unique(pc.utf8_slice_codeunits(lines, 0, 8)).to_pylist():
            if day := day_of(text):
                self.result.first_day = min(self.result.first_day or day, day)
                self.result.last_day = max(self.result.last_day or day, day)

    def _reject(self, data: bytes) -> None:
        result = self.result
        result.rows_read += 1
        result.rows_rejected += 1
        result.rejects[_OVERLONG] = result.rejects.get(_OVERLONG, 0) + 1
        raw = storable(data[:KEPT_OF_LONG_LINE].decode(ENCODING))
        self._sink(Reject(self._row, self._row, _OVERLONG, raw, None))
        self._row += 1


def day_of(text: str) -> date | None:
    """Read `20250528`; None if it is no day."""
    match = _DAY.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None
