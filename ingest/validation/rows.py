"""The rows of the parts that differ, one by one: which of the two sides has which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from ingest.databases.rows import ROW_HASH, Words, mixed, row_hash
from ingest.validation.checksums import (
    Codes,
    cells_of,
    key_words,
    period_of_cell,
    periods_of,
    row_columns,
    row_totals,
)

# Rows that are looked at one by one; what differs beyond is counted.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row that the other side does not have like this, or whose key is there more than once.

    key: its key as name and value. words: a hash of each compared column. recomputed: the row hash
    that its values give, where it can be told (of raw rows).
    """

    key: tuple[tuple[str, Any], ...]
    word: int
    period: int
    words: Words
    row_hash: str | None
    cursor: Any = None
    loaded_at: Any = None
    recomputed: str | None = None


@dataclass(slots=True)
class Keyed:
    """What is known of one key: how often the source has the very row of the warehouse (`matched`),
    its other rows at the source, and its rows in the warehouse.
    """

    matched: int = 0
    source: list[Row] = field(default_factory=list)
    raw: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """How rows are told apart. `columns`: those compared; `cursor`: the SQL name of the cursor;
    `hashed`: whether a raw row's hash can be computed anew from its values.
    """

    columns: Sequence[str]
    key: Sequence[str]
    cursor: str | None
    hashed: bool

    def placed(self, batch: pa.RecordBatch) -> tuple[Words, Codes]:
        """A word for the key of each row, and its period."""
        keys = key_words(batch, self.key)
        return keys, periods_of(batch, self.cursor, keys)


def compare_rows(
    reading: Reading,
    cells: Sequence[int],
    raw: Iterable[pa.RecordBatch],
    source: Iterable[pa.RecordBatch],
    raw_again: Iterable[pa.RecordBatch],
) -> tuple[dict[int, Keyed], int]:
    """What differs in some parts of periods, by key word, and how many rows beyond `MOST`.

    `raw` and `raw_again` are the same rows, read twice: memory holds two words for each row of the
    parts that differ, and no more than `MOST` rows.
    """
    wanted = np.array(cells, dtype=np.int64)
    keys, pairs = _pairs(reading, wanted, raw)
    pairs, first, counts = np.unique(pairs, return_index=True, return_counts=True)
    keys = keys[first]
    seen = np.zeros(len(pairs), dtype=np.int64)
    found: dict[int, Keyed] = defaultdict(Keyed)
    others = [np.zeros(0, dtype=np.uint64)]
    for batch, own, own_pairs, periods in _in_cells(reading, wanted, source):
        at = np.searchsorted(pairs, own_pairs)
        at[at == len(pairs)] = 0
        is_there = pairs[at] == own_pairs if len(pairs) else np.zeros(len(own_pairs), dtype=bool)
        np.add.at(seen, at[is_there], 1)
        left = np.flatnonzero(~is_there)
        room = max(0, MOST - sum(len(one.source) for one in found.values()))
        others.append(own[left[room:]])
        for row in _rows(reading, batch, own, periods, left[:room]):
            found[row.word].source.append(row)
    named = np.array(list(found), dtype=np.uint64)
    odd = np.unique(keys[(seen != counts) | (counts > 1)])
    unseen = np.setdiff1d(np.concatenate(others), named)
    # Of a key whose row at the source was not kept, what the warehouse has would say nothing.
    more = np.setdiff1d(odd, np.concatenate((named, unseen)))
    suspects = np.concatenate((named, more[: max(0, MOST - len(named))]))
    beyond = len(unseen) + len(named) + len(more) - len(suspects)
    for place in np.flatnonzero(np.isin(keys, suspects)):
        found[int(keys[place])].matched += int(seen[place])
    for batch, own, _, periods in _in_cells(reading, None, raw_again):
        at = np.flatnonzero(np.isin(own, suspects))
        for row in _rows(reading, batch, own, periods, at):
            found[row.word].raw.append(row)
    return dict(found), beyond


def _pairs(
    reading: Reading, wanted: Codes, batches: Iterable[pa.RecordBatch]
) -> tuple[Words, Words]:
    """The words of key and row of each row of the parts that are wanted."""
    keys, pairs = [np.zeros(0, dtype=np.uint64)], [np.zeros(0, dtype=np.uint64)]
    for _, own, own_pairs, _ in _in_cells(reading, wanted, batches):
        keys.append(own)
        pairs.append(own_pairs)
    return np.concatenate(keys), np.concatenate(pairs)


def _in_cells(
    reading: Reading, wanted: Codes | None, batches: Iterable[pa.RecordBatch]
) -> Iterator[tuple[pa.RecordBatch, Words, Words, Codes]]:
    """Of each batch the rows of some parts: words of their keys, of themselves, and periods."""
    for batch in batches:
        keys, periods = reading.placed(batch)
        if wanted is not None:
            is_in = np.isin(cells_of(periods, keys), wanted)
            if not is_in.any():
                continue
            if not is_in.all():
                batch = batch.filter(pa.array(is_in))
                keys, periods = keys[is_in], periods[is_in]
        yield batch, keys, mixed(keys) + row_totals(batch, reading.columns, keys), periods


def _rows(
    reading: Reading, batch: pa.RecordBatch, keys: Words, periods: Codes, at: Codes
) -> Iterator[Row]:
    """Some rows of a batch."""
    if not len(at):
        return
    batch, keys, periods = batch.take(pa.array(at)), keys[at], periods[at]
    words = row_columns(batch, reading.columns, keys)
    own = {name: _known(batch.column(name), _as_text) for name in reading.key}
    hashes = batch.column(ROW_HASH).to_pylist()
    cursors = [None] * len(at)
    if reading.cursor:
        cursors = _known(batch.column(reading.cursor), _at_the_end)
    is_raw = "_loaded_at" in batch.schema.names
    loaded = batch.column("_loaded_at").to_pylist() if is_raw else [None] * len(at)
    again: Sequence[str | None] = [None] * len(at)
    if is_raw and reading.hashed:
        again = row_hash(batch.select(list(reading.columns))).to_pylist()
    for place in range(len(at)):
        yield Row(
            key=tuple((name, own[name][place]) for name in reading.key),
            word=int(keys[place]),
            period=int(periods[place]),
            words=words[place],
            row_hash=hashes[place],
            cursor=cursors[place],
            loaded_at=loaded[place],
            recomputed=again[place],
        )


def _known(values: pa.Array, beyond: Callable[[pa.Scalar], Any]) -> list[Any]:
    """Values as Python has them; `beyond` says what stands for a day of the year 20000."""

    def of(value: pa.Scalar) -> Any:
        try:
            return value.as_py()
        except (OverflowError, ValueError):
            return beyond(value)

    return [of(value) for value in values]


def _as_text(value: pa.Scalar) -> Any:
    return value.cast(pa.string()).as_py()


def _at_the_end(value: pa.Scalar) -> datetime:
    """The last moment that Python has, or the first."""
    return datetime.max if value.value > 0 else datetime.min


def periods_that_differ(cells: Iterable[int]) -> list[int]:
    return sorted({period_of_cell(cell) for cell in cells})
