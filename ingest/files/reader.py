"""One delivered CSV or XLSX -> record batches of text with their lineage.

    bytes -> encoding -> header -> blocks of lines -> Arrow, or the careful grammar where a block
    has something odd -> personal columns protected -> batches

Every cell is text. An empty cell is null, quoted or not: XLSX knows no empty text.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingest.files import csv_grammar
from ingest.files.blocks import KEPT_OF_LONG_LINE, MAX_LINE, Block, blocks, pieces
from ingest.files.csv_fast import FastParser
from ingest.files.days import Days
from ingest.files.encodings import WIDE, Encoding, detect, transcoded
from ingest.files.errors import FileRefused
from ingest.files.header import Header, read_header
from ingest.files.model import MIB, Layout, Limits, ReadResult, Reject, RejectSink
from ingest.files.protect import DROP, PSEUDONYMISE, keyed_hash, pseudonymised
from ingest.files.xlsx import SEPARATOR, as_csv
from ingest.names import folded

# What `surrogateescape` makes of a byte that does not decode.
_UNDECODED = re.compile("[\udc80-\udcff]")


class TableFile:
    """A file being read. The header is read and judged when it is made.

    `schema` is that of every batch: the declared columns, then the file's other columns, in
    the order of the file, all text (empty cells are null); `_file_id` text, `_row_number`
    bigint. `result` is complete once `batches` is exhausted.
    """

    def __init__(
        self,
        path: Path,
        layout: Layout,
        *,
        file_id: str,
        rejects: RejectSink,
        scratch: Path,
        name: str | None = None,
        pii_key: bytes | None = None,
        limits: Limits | None = None,
        block_bytes: int = 4 * MIB,
    ):
        """Open `path`; `name` (default: that of the path) tells by its extension what it is.

        Raises:
            FileRefused: empty file, header changed, colliding names, unreadable workbook.
            ValueError: `pii` without `pii_key`.
        """
        if layout.pii and not pii_key:
            raise ValueError("a table with pii needs the key of its pseudonyms")
        self.result = ReadResult()
        self._layout = layout
        self._sink = rejects
        self._temporary: list[Path] = []
        self._pii_key = pii_key or b""
        self._sheet = (name or path.name).lower().endswith(".xlsx")
        try:
            self._open(path, scratch, limits or Limits(), block_bytes)
        except BaseException:
            self._tidy()
            raise
        self._file_id = pa.scalar(file_id, pa.string())
        self._plan_columns()
        self._days = Days(layout.period)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Stream the records that can be read, in the order of the file, never an empty batch.

        Raises:
            FileRefused: at the end, if no day of the file lies in `layout.period`.
        """
        try:
            rest = b""
            for block in self._blocks:
                if block.overlong:
                    yield from _joined(self._careful(rest, final=True)[0])
                    rest = b""
                    self._reject_overlong(block)
                    continue
                found, rest = self._read(rest + block.data, block.final)
                yield from _joined(found)
            self._conclude()
        finally:
            self._tidy()

    def _open(self, path: Path, scratch: Path, limits: Limits, block_bytes: int) -> None:
        separators = self._layout.separators
        if self._sheet:
            folder = Path(tempfile.mkdtemp(prefix="xlsx-", dir=scratch))
            self._temporary.append(folder)
            path = as_csv(path, self._layout, folder, limits)
            separators = (SEPARATOR,)
            self._encoding = Encoding("utf-8", 0, False)
            self.result.encoding = "xlsx"
        else:
            self._encoding = detect(path, self._layout.encodings)
            self.result.encoding = self._encoding.name
        if self._encoding.name in WIDE:
            path = transcoded(path, self._encoding, scratch)
            self._temporary.append(path)
            self._encoding = Encoding("utf-8", 0, True)
        self._blocks = blocks(path, self._encoding.bom_bytes, block_bytes)
        self._header = self._take_header(separators)
        self.result.separator = "" if self._sheet else self._header.separator
        self._line = self._header.lines + 1

    def _tidy(self) -> None:
        """Remove what was made on the way: the throw-away folder may serve a long run."""
        for path in self._temporary:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _take_header(self, separators: tuple[str, ...]) -> Header:
        first = next(self._blocks)
        if first.overlong:
            raise FileRefused(f"header changed: its line is longer than {MAX_LINE // MIB} MiB")
        text = first.data.decode(self._encoding.name, "surrogateescape")
        header = read_header(text, self._layout, separators)
        skipped = len(text[: header.end].encode(self._encoding.name, "surrogateescape"))
        self._blocks = _chain(Block(first.data[skipped:], first.final), self._blocks)
        return header

    def _plan_columns(self) -> None:
        """Settle which field of a record goes to which column, and the schema."""
        pii = {folded(name): what for name, what in self._layout.pii.items()}
        named = {
            sql_name: (index, pii.get(folded(sql_name)) or pii.get(folded(source_name)))
            for index, name in enumerate(self._header.names)
            if name is not None
            for source_name, sql_name in [name]
        }
        self._source: dict[str, tuple[int, str | None] | None] = {}
        for sql_name in (*self._layout.columns, *named):
            column = named.get(sql_name)
            if (column[1] if column else pii.get(folded(sql_name))) != DROP:
                self._source[sql_name] = column
        self.result.columns = {
            name[0]: name[1]
            for name in self._header.names
            if name is not None and name[1] in self._source
        }
        self.schema = pa.schema(
            [(name, pa.string()) for name in self._source]
            + [("_file_id", pa.string()), ("_row_number", pa.int64())]
        )
        unnamed = frozenset(i for i, name in enumerate(self._header.names) if name is None)
        self._unnamed = unnamed
        self._parser = FastParser(self._header.separator, len(self._header.names), unnamed)
        date_column = self._layout.date_column
        wanted = folded(date_column) if date_column else None
        self._date_index = next(
            (index for name, (index, _) in named.items() if folded(name) == wanted), None
        )

    def _read(self, data: bytes, final: bool) -> tuple[list[pa.RecordBatch], bytes]:
        """Parse a block; gives what it holds and the bytes that need the next block."""
        batches = self._fast(data)
        if batches is not None:
            return batches, b""
        batches, rest = [], b""
        for piece in pieces(data, self._header.separator, len(self._header.names)):
            fast = self._fast(rest + piece)
            if fast is None:
                fast, rest = self._careful(rest + piece, final=False)
            else:
                rest = b""
            batches += fast
        if final and rest:
            fast, rest = self._careful(rest, final=True)
            batches += fast
        return batches, rest

    def _fast(self, data: bytes) -> list[pa.RecordBatch] | None:
        """Parse a block by Arrow; None if it is odd in any way."""
        text = data
        if not data.isascii() and (self._encoding.name != "utf-8" or not self._encoding.whole):
            try:
                text = data.decode(self._encoding.name).encode()
            except UnicodeError:
                return None
        fields = self._parser.parse(text) if text else []
        if fields is None:
            return None
        self._line += data.count(b"\n")
        if not fields:
            return []
        count = len(fields[0])
        first = self.result.rows_read
        self.result.rows_read += count
        ones = pa.repeat(pa.scalar(1, pa.int64()), count)
        return [self._batch(fields, pc.cumulative_sum(ones, start=first))]

    def _careful(self, data: bytes, final: bool) -> tuple[list[pa.RecordBatch], bytes]:
        """Parse a block record by record; gives what it holds and the bytes left over."""
        codec = self._encoding.name
        text = data.decode(codec, "surrogateescape")
        rows: list[list[str]] = []
        numbers: list[int] = []
        position, line = 0, self._line
        try:
            for record in csv_grammar.records(
                text, self._header.separator, len(self._header.names), final
            ):
                raw = text[record.start : record.end]
                line = self._line
                self._line += 1 if self._sheet else record.lines
                position = record.end
                if record.fields is None and record.reason is None:
                    continue
                self.result.rows_read += 1
                reason = self._reason(record, raw)
                if reason:
                    self._reject(line, reason, raw)
                elif record.fields is not None:
                    rows.append(record.fields)
                    numbers.append(self.result.rows_read)
        except csv_grammar.Incomplete:
            pass
        rest = text[position:].encode(codec, "surrogateescape")
        if not rows:
            return [], rest
        fields = [
            pa.array([v or None for v in column], pa.string()) for column in zip(*rows, strict=True)
        ]
        return [self._batch(fields, pa.array(numbers, pa.int64()))], rest

    def _reason(self, record: csv_grammar.Record, raw: str) -> str | None:
        if not raw.isascii() and _UNDECODED.search(raw):
            return f"bytes that are not {self._encoding.name}"
        if "\0" in raw:
            return "a NUL byte"
        if record.fields and any(record.fields[index] for index in self._unnamed):
            return "a value in a column without a name"
        return record.reason

    def _batch(self, fields: list[pa.StringArray], numbers: pa.Int64Array) -> pa.RecordBatch:
        count = len(numbers)
        self.result.rows_landed += count
        if self._date_index is not None:
            self._days.add(fields[self._date_index])
        columns = []
        for source in self._source.values():
            if source is None:
                columns.append(pa.nulls(count, pa.string()))
            elif source[1] == PSEUDONYMISE:
                columns.append(pseudonymised(fields[source[0]], self._pii_key))
            else:
                columns.append(fields[source[0]])
        columns += [pa.repeat(self._file_id, count), numbers]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _reject_overlong(self, block: Block) -> None:
        self.result.rows_read += 1
        text = block.data.decode(self._encoding.name, "surrogateescape")
        reason = f"a line longer than {MAX_LINE // MIB} MiB (its beginning is kept)"
        self._reject(self._line, reason, text)
        self._line += 1

    def _reject(self, line: int, reason: str, raw: str) -> None:
        self.result.rows_rejected += 1
        self.result.rejects[reason] = self.result.rejects.get(reason, 0) + 1
        raw = raw.removesuffix("\n").removesuffix("\r")
        private = bool(self._layout.pii)
        self._sink(
            Reject(
                row_number=self.result.rows_read,
                line_number=line,
                reason=reason,
                raw_text=None if private else storable(raw[:KEPT_OF_LONG_LINE]),
                raw_hash=keyed_hash(self._pii_key, raw) if private else None,
            )
        )

    def _conclude(self) -> None:
        result, days, period = self.result, self._days, self._layout.period
        result.first_day, result.last_day = days.first, days.last
        if period and result.rows_landed and not days.in_period:
            found = f"its days go from {days.first} to {days.last}" if days.first else "no day"
            raise FileRefused(f"no day of the file lies in {period}: {found}")


def storable(raw: str) -> str:
    """Raw text as PostgreSQL can store it: NUL and undecodable bytes as `\\x00`, `\\xe9`."""
    shown = raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return shown.replace("\0", "\\x00")


def _joined(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    return [pa.concat_batches(batches)] if len(batches) > 1 else batches


def _chain(first: Block, others: Iterator[Block]) -> Iterator[Block]:
    yield first
    yield from others
