"""Checksums of rows: the same for the same rows in whatever order, made a column at a time.

A value is hashed with its column's name and its row's key, so that neither columns nor rows can
change places unseen; a row is the sum of its values, a period the sum of its rows, modulo 2^64.
Nothing here reads the `_row_hash` or `_row_number` that landing left beside the values, but where
they are the key of the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from ingest.databases.rows import Words, mixed, value_words

Codes: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
# A period is compared in so many parts, told apart by the key: where one row differs, only the rows
# of its part are looked at one by one.
PARTS = 64
# A table without a dated cursor has so many periods, told apart by the key.
BUCKETS = 16
UNDATED = np.int64(-(10**6))
_DATED = np.int64(10**5)  # above every bucket; a month is counted from 1970


def key_words(batch: pa.RecordBatch, key: Sequence[str]) -> Words:
    """A word for the key of each row."""
    total = np.zeros(batch.num_rows, dtype=np.uint64)
    for name in key:
        total += value_words(name, batch.column(name))[:, 0]
    return mixed(total)


def column_words(
    batch: pa.RecordBatch, columns: Sequence[str], keys: Words
) -> Iterator[tuple[int, Words]]:
    """Place and words of each column, keyed; 0 for null, and for a column that is not there."""
    for place, name in enumerate(columns):
        at = batch.schema.get_field_index(name)
        if at < 0:
            continue
        words = value_words(name, batch.column(at))[:, 0]
        is_null = words == 0
        words = mixed(words ^ keys)
        words[is_null] = 0
        yield place, words


def periods_of(batch: pa.RecordBatch, cursor: str | None, keys: Words) -> Codes:
    """The period of each row: the month of a dated cursor, else a bucket of the key."""
    if cursor is None or not _is_dated(batch.column(cursor).type):
        return (keys >> np.uint64(32)).astype(np.int64) % BUCKETS
    values = batch.column(cursor)
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp(values.type.unit))
    months = values.to_numpy(zero_copy_only=False).astype("datetime64[M]").astype(np.int64)
    is_null = np.asarray(values.is_null())
    return np.where(is_null, UNDATED, months + _DATED)


def _is_dated(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def period_name(code: int) -> str:
    """`2024-07`, `no date` or `bucket 03`."""
    if code == UNDATED:
        return "no date"
    if code < BUCKETS:
        return f"bucket {code:02d}"
    year, month = divmod(code - int(_DATED), 12)
    return f"{1970 + year:04d}-{month + 1:02d}"


def is_month(code: int) -> bool:
    return code >= BUCKETS


def cells_of(periods: Codes, keys: Words) -> Codes:
    """The part of a period in which each row is compared."""
    return periods * PARTS + (keys % np.uint64(PARTS)).astype(np.int64)


def period_of_cell(cell: int) -> int:
    return cell // PARTS


@dataclass(slots=True)
class Sums:
    """One side of a comparison. `cells`: rows and checksum of each part of a period; `columns`:
    for each period a checksum of each column; `rows`: of each period.
    """

    width: int
    rows: dict[int, int] = field(default_factory=dict)
    columns: dict[int, Words] = field(default_factory=dict)
    cells: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    def add(
        self,
        batch: pa.RecordBatch,
        columns: Sequence[str],
        keys: Words,
        periods: Codes,
    ) -> None:
        """Add the rows of a batch."""
        if not batch.num_rows:
            return
        order, starts, codes = _groups(periods)
        totals = np.zeros(batch.num_rows, dtype=np.uint64)
        for code, count in zip(codes, np.diff([*starts, batch.num_rows]), strict=True):
            self.rows[code] = self.rows.get(code, 0) + int(count)
            if code not in self.columns:
                self.columns[code] = np.zeros(self.width, dtype=np.uint64)
        held = [self.columns[code] for code in codes]
        for place, words in column_words(batch, columns, keys):
            totals += words
            added = np.add.reduceat(words[order], starts)
            with np.errstate(over="ignore"):
                for own, word in zip(held, added, strict=True):
                    own[place] += word
        order, starts, codes = _groups(cells_of(periods, keys))
        # A row of nulls alone counts too, and its key with it.
        added = np.add.reduceat(mixed(totals ^ keys)[order], starts)
        counts = np.diff([*starts, batch.num_rows])
        for code, count, word in zip(codes, counts, added, strict=True):
            rows, sums = self.cells.get(code, (0, 0))
            self.cells[code] = rows + int(count), (sums + int(word)) % 2**64

    def differing_cells(self, other: Sums) -> list[int]:
        """The parts of periods in which the two sides have not the same."""
        every = self.cells.keys() | other.cells.keys()
        return sorted(cell for cell in every if self.cells.get(cell) != other.cells.get(cell))

    def differing_columns(self, other: Sums, period: int) -> list[int]:
        """The places of the columns whose checksums differ in a period."""
        nothing = np.zeros(self.width, dtype=np.uint64)
        differs = self.columns.get(period, nothing) != other.columns.get(period, nothing)
        return [int(place) for place in np.flatnonzero(differs)]


def row_totals(batch: pa.RecordBatch, columns: Sequence[str], keys: Words) -> Words:
    """A word for each row, its key and the values of all its columns."""
    totals = np.zeros(batch.num_rows, dtype=np.uint64)
    for _, words in column_words(batch, columns, keys):
        totals += words
    return mixed(totals ^ keys)


def row_columns(batch: pa.RecordBatch, columns: Sequence[str], keys: Words) -> Words:
    """For each row a word for each column."""
    table = np.zeros((batch.num_rows, len(columns)), dtype=np.uint64)
    for place, words in column_words(batch, columns, keys):
        table[:, place] = words
    return table


def _groups(codes: Codes) -> tuple[Codes, Codes, list[int]]:
    """An order in which equal codes stand together, where each begins in it, and the codes."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return order, starts, [int(code) for code in ordered[starts]]
