"""The content of delivered files, read again where they still lie, against their raw rows.

A place is listed and its files are read by the road that lands them; their rows go to a sink that
keeps a checksum of each. Of a log that has grown the whole file is compared with the rows of all
its contents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from psycopg2.extensions import connection as Connection

from ingest.catalog import Table
from ingest.databases.model import Extract, SourceColumn
from ingest.databases.postgres import PostgresDatabase
from ingest.databases.rows import Words
from ingest.files.growing import Beginning
from ingest.ledger import Delivery
from ingest.package import Reading
from ingest.raw_tables import LINEAGE
from ingest.validation.checksums import key_words, row_columns, row_totals
from ingest.validation.model import (
    ADDED,
    CHANGED,
    KEPT,
    LOST,
    UNREADABLE,
    Checked,
    Difference,
)
from ingest.warehouse import transaction

CHECK = "content of the files"
_NUMBER = "_row_number"


@dataclass(slots=True)
class Rows:
    """Numbers of rows and a word for each; with `words`, one for each column."""

    numbers: list[Any] = field(default_factory=list)
    totals: list[Words] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def add(
        self, batch: pa.RecordBatch, columns: Sequence[str], only: frozenset[int] | None
    ) -> None:
        """Add the rows of a batch; with `only`, these alone and column by column."""
        if only is not None:
            batch = batch.filter(pa.array(np.isin(batch.column(_NUMBER).to_numpy(), list(only))))
        keys = key_words(batch, [_NUMBER])
        self.numbers.append(batch.column(_NUMBER).to_numpy())
        if only is None:
            self.totals.append(row_totals(batch, columns, keys))
        else:
            self.words.append(row_columns(batch, columns, keys))

    def sorted(self) -> tuple[Any, Words]:
        """The numbers in order, and the words of these rows."""
        if not self.numbers:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64)
        numbers, words = np.concatenate(self.numbers), np.concatenate(self.totals or self.words)
        order = np.argsort(numbers, kind="stable")
        return numbers[order], words[order]


@dataclass(frozen=True, slots=True)
class Content:
    """What the ledger knows of a content that is in its raw table. `before`: the contents that it
    continues, each with the number of the first row that is not its any more.
    """

    file_id: str
    logical_name: str
    rows_read: int
    before: Mapping[str, int]


class Contents:
    """A sink of the road that compares what it is given with the raw rows.

    checked: by table name, where what differs is noted. settled: contents that are known and have
    no rows to compare (purged, withdrawn).
    """

    def __init__(
        self,
        run_id: str,
        tables: Mapping[str, Table],
        warehouse: Connection,
        raw: PostgresDatabase,
    ):
        self.run_id = run_id
        self.checked = {
            name: Checked(table.source, name, CHECK, 0, 0) for name, table in tables.items()
        }
        self.compared: set[str] = set()
        self._tables = tables
        self._raw = raw
        self._described: dict[str, tuple[SourceColumn, ...]] = {}
        self._known: dict[str, Content] = {}
        self._settled: set[str] = set()
        for table in tables.values():
            self._learn(warehouse, table)
        self._rows: dict[str, Rows] = {}
        self._columns: dict[str, dict[str, None]] = {}
        self._only: Mapping[str, frozenset[int]] | None = None

    @property
    def absent(self) -> int:
        """How many contents were not met at their place."""
        last = self._known.keys() - {old for one in self._known.values() for old in one.before}
        return len(last - self.compared)

    # What the road asks of its sink

    def columns(self, table: Table) -> tuple[str, ...]:
        return tuple(c.source_name for c in self._data_columns(table))

    def has_landed(self, file_id: str) -> bool:
        if self._only is not None:
            return file_id not in self._only
        return file_id in self.compared or file_id in self._settled

    def is_purged(self, file_id: str) -> bool:
        return file_id in self._settled

    def beginning(
        self, table: Table, logical_name: str, file_id: str, path: Path, *, has_landed: bool
    ) -> Beginning | None:
        return None

    def add(self, table: Table, file_id: str, batch: pa.RecordBatch, *, replace: bool) -> None:
        own = self._columns.setdefault(file_id, dict.fromkeys(self.columns(table)))
        own.update(dict.fromkeys(n for n in batch.schema.names if n not in LINEAGE))
        only = None if self._only is None else self._only[file_id]
        self._rows.setdefault(file_id, Rows()).add(batch, tuple(own), only)

    def drop(self) -> None:
        self._rows.clear()

    def complete(self, reading: Reading) -> None:
        for file in reading.rejects:
            file.forget()

    # Comparing

    def compare(self, reading: Reading, read_again: Callable[[], Reading]) -> None:
        """Compare what one outer file held; it is read once more where a row differs."""
        wrong: dict[str, frozenset[int]] = {}
        for item in reading.deliveries:
            if item.table_name not in self.checked or item.status == "ignored":
                continue
            checked = self.checked[item.table_name]
            if item.status == "failed" and item.file_id in self._known:
                said = f"it landed, and now: {item.reason}"
                checked.note(Difference(UNREADABLE, item.path, detail=said))
            if item.loaded and item.file_id:
                odd = self._compare(self._tables[item.table_name], item, checked)
                if odd:
                    wrong[item.file_id] = frozenset(odd)
        self._rows.clear()
        if wrong:
            self._only = wrong
            try:
                again = read_again()
                for item in again.loaded:
                    if item.table_name and item.file_id in wrong:
                        self._name_columns(self._tables[item.table_name], item)
            finally:
                self._only = None
        self._rows.clear()
        self._columns.clear()

    def _compare(self, table: Table, item: Delivery, checked: Checked) -> list[int]:
        """Note the rows that one side lacks; returns the numbers of those that differ."""
        assert item.file_id
        self.compared.add(item.file_id)
        content = self._known.get(item.file_id)
        if content is None:
            checked.note(
                Difference(LOST, item.path, detail="what it holds now has never been landed")
            )
            return []
        self.compared.update(content.before)
        there = self._rows.get(item.file_id, Rows()).sorted()
        here = self._raw_rows(table, content, None).sorted()
        checked.expected = (checked.expected or 0) + len(there[0])
        checked.found = (checked.found or 0) + len(here[0])
        what = f"{content.logical_name} ({item.file_id[:8]})"
        for heading, numbers in (
            (LOST, np.setdiff1d(there[0], here[0])),
            (ADDED, np.setdiff1d(here[0], there[0])),
        ):
            for number in numbers:
                checked.note(Difference(heading, f"{what}, row {number}"))
        here_numbers, first = np.unique(here[0], return_index=True)
        both, at_there, at_here = np.intersect1d(there[0], here_numbers, return_indices=True)
        differs = there[1][at_there] != here[1][first][at_here]
        odd = [int(number) for number in both[differs]]
        if len(odd) > KEPT:
            detail = f"{len(odd) - KEPT} more rows differ"
            checked.note(Difference(CHANGED, what, detail=detail), len(odd) - KEPT)
        return odd[:KEPT]

    def _name_columns(self, table: Table, item: Delivery) -> None:
        """Say of each row that differs in which columns."""
        assert item.file_id
        content, names = self._known[item.file_id], tuple(self._columns[item.file_id])
        numbers, there = self._rows[item.file_id].sorted()
        assert self._only is not None
        here_numbers, here = self._raw_rows(table, content, self._only[item.file_id]).sorted()
        held = dict(zip(here_numbers.tolist(), here, strict=True))
        what = f"{content.logical_name} ({item.file_id[:8]})"
        for number, words in zip(numbers.tolist(), there, strict=True):
            columns = tuple(np.array(names)[held[number] != words].tolist())
            self.checked[table.name].note(Difference(CHANGED, f"{what}, row {number}", columns))

    def _raw_rows(self, table: Table, content: Content, only: frozenset[int] | None) -> Rows:
        """The rows that raw holds of a content: its own, and those of what it continues."""
        columns = tuple(self._columns.get(content.file_id) or self.columns(table))
        limits = {content.file_id: None, **content.before}
        literals = ", ".join(f"'{file_id}'" for file_id in limits)
        wanted = [
            c for c in self._describe(table) if c.source_name in (*columns, "_file_id", _NUMBER)
        ]
        where = f"_file_id in ({literals})"
        if only is not None:
            where += f" and _row_number in ({', '.join(map(str, sorted(only)))})"
        rows = Rows()
        extract = Extract(f"{table.schema}.{table.identifier}", wanted, where)
        for batch in self._raw.read(extract):
            if content.before:
                bounds = [
                    limits[file_id] if limits[file_id] is not None else np.iinfo(np.int64).max
                    for file_id in batch.column("_file_id").to_pylist()
                ]
                batch = batch.filter(
                    pa.array(batch.column(_NUMBER).to_numpy() < np.array(bounds, dtype=np.int64))
                )
            rows.add(batch, columns, only)
        return rows

    def _describe(self, table: Table) -> tuple[SourceColumn, ...]:
        if table.name not in self._described:
            relation = f"{table.schema}.{table.identifier}"
            self._described[table.name] = self._raw.describe(relation).columns
        return self._described[table.name]

    def _data_columns(self, table: Table) -> list[SourceColumn]:
        return [c for c in self._describe(table) if c.source_name not in LINEAGE]

    def _learn(self, warehouse: Connection, table: Table) -> None:
        """What the ledger knows of the contents of a table, and which of them continue others."""
        with transaction(warehouse) as cursor:
            cursor.execute(
                "select _file_id, min(logical_name), max(rows_read), max(continues_file_id),"
                " max(first_row), bool_or(purged_at is not null),"
                " bool_or(status in ('landed', 'superseded', 'duplicate')"
                "   or (status = 'withdrawn' and landed_at is not null))"
                " from etl.file_ledger where source = %s and table_name = %s"
                " and _file_id is not null group by _file_id",
                (table.source, table.name),
            )
            rows = cursor.fetchall()
        links = {row[0]: (row[3], row[4]) for row in rows if row[3]}
        for file_id, name, rows_read, _, _, is_purged, is_in_raw in rows:
            if is_purged or not is_in_raw:
                self._settled.add(file_id)
                continue
            before, at = {}, file_id
            while at in links:
                at, first_row = links[at]
                before[at] = first_row
            self._known[file_id] = Content(file_id, name, rows_read or 0, before)
