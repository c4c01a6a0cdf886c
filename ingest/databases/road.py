"""One source database, from its first question to its last image.

    plan each table -> staging tables -> read in parallel, by priority -> load -> merge, one by one

Small tables share a load of dlt, since each load has a price of its own; if it fails, each of them
is read again on its own, so that one bad table never takes others with it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import psycopg2
import pyarrow as pa

from ingest import raw_tables
from ingest.catalog import Table
from ingest.columns import note_source_columns
from ingest.databases import image, marks
from ingest.databases.image import Counts, Shrunk
from ingest.databases.model import Database, ReadAgain, SourceUnreachable, TableUnreadable
from ingest.databases.patience import PATIENCE, Silent, patiently, within
from ingest.databases.planning import Load, plan_load, retyped, widen
from ingest.databases.rows import shaped
from ingest.databases.sieve import Sieve
from ingest.databases.unfit import Unfit
from ingest.landing import WAITING_ROWS
from ingest.loader import Loader, LoadFailed
from ingest.lock import DatasetLock
from ingest.parts import Destination, Parts
from ingest.privacy.persons import WrongKey, erased
from ingest.runlog import Line, RunLog
from ingest.warehouse import said_by

# Rows that are handed to an idle loader at a time.
LOAD_ROWS = 500_000
KNOCK_SECONDS = 30.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How thoroughly tables are to be read. `threads`: how many of them at once; `patience`: how
    many seconds the source may be silent.
    """

    force_full: bool = False
    accept_shrink: bool = False
    threads: int = 4
    pii_key: bytes | None = None
    patience: float = PATIENCE


@dataclass(slots=True)
class Outcome:
    """What came of one table. `failure`: one line, if its image is the one of before.

    `unanswered`: it failed because the source stopped answering, which may be over in some minutes.
    """

    table: Table
    counts: Counts = field(default_factory=Counts)
    seconds: float = 0.0
    is_full: bool = False
    notes: list[str] = field(default_factory=list)
    failure: str | None = None
    unanswered: bool = False


@dataclass(slots=True)
class _Reading:
    """A load under way. `again`: its rows are to be read once more, with nothing beside it."""

    load: Load
    water: marks.HighWater
    outcome: Outcome
    unfit: Unfit
    sieve: Sieve
    rows: int = 0
    again: bool = False


class DatabaseRoad:
    """Lands the tables of one source database."""

    def __init__(
        self,
        database: Database,
        wanted: Wanted,
        *,
        lock: DatasetLock,
        log: RunLog,
        loader: Loader,
        scratch: Path,
        on_outcome: Callable[[Outcome], None],
    ):
        """`on_outcome` is told of each table, from the calling thread, once nothing can change."""
        self._database = database
        self._wanted = wanted
        self._lock = lock
        self._log = log
        self._loader = loader
        self._parts = Parts(scratch)
        self._adding = threading.Lock()
        self._loads: list[tuple[frozenset[Destination], Future[None]]] = []
        self._on_outcome = on_outcome
        self._loaded_at = datetime.now(UTC)
        # Why no further table is read, once the source is known to be gone.
        self._gone: str | None = None

    def go(self, tables: Sequence[Table]) -> None:
        """Land the tables, in their order; a table that fails does not stop the others.

        Raises:
            SourceUnreachable: the source went away before anything was read.
            LockLost: the run must end.
        """
        now = self._asked(self._database.now)
        with self._lock.transaction() as cursor:
            known = marks.load_known(cursor, tables[0].source) if tables else {}
            present = raw_tables.present_types(cursor, {table.schema for table in tables})
        try:
            with self._lock.transaction() as cursor:
                forgotten = erased(cursor, tables[0].source, self._wanted.pii_key) if tables else {}
        except WrongKey as error:
            raise SourceUnreachable(str(error)) from error
        readings = []
        for table in tables:
            reading = self._begin(table, known.get(table.name), present, now, forgotten)
            if reading:
                readings.append(reading)
        self._read_all(readings)
        for reading in readings:
            if not reading.outcome.failure:
                self._finish(reading)
            if reading.outcome.failure:
                # Rows that nobody will use, nor look for when a person is to be forgotten.
                with self._lock.transaction() as cursor:
                    image.drop_staging(cursor, reading.load.image)
            self._on_outcome(reading.outcome)

    def _begin(
        self,
        table: Table,
        known: marks.Known | None,
        present: dict[Destination, dict[str, str]],
        now: datetime,
        forgotten: Mapping[str, frozenset[str]],
    ) -> _Reading | None:
        """Settle what is read of a table, and make its raw and staging tables ready."""
        outcome = Outcome(table)
        try:
            described = self._asked(lambda: self._database.describe(_relation(table)))
            load = plan_load(
                table,
                described,
                known,
                place=self._database.place,
                now=now,
                force_full=self._wanted.force_full,
                pii_key=self._wanted.pii_key,
            )
            own = present[raw_tables.destination(table)]
            missing = widen(load, own)
            with self._lock.transaction() as cursor:
                raw_tables.add_columns(cursor, load.image.to, missing)
                raw_tables.retype(cursor, load.image.to, retyped(load, own))
                image.ensure_key(cursor, load.image)
                if load.is_full and image.may_become_raw(cursor, load.image):
                    load.image = replace(load.image, becomes_raw=True)
                image.create_staging(cursor, load.image)
        except (TableUnreadable, psycopg2.Error) as error:
            outcome.failure = _said(table, error)
            self._on_outcome(outcome)
            return None
        outcome.is_full = load.is_full
        outcome.notes += [f"{table.key}: {line}" for line in load.notes]
        extract = load.extract
        unfit = Unfit(table, extract.relation, extract.columns, load.shape, load.image.key)
        purged_before = known.purged_before if known else None
        sieve = Sieve(table, purged_before, forgotten, self._wanted.pii_key)
        return _Reading(load, marks.HighWater(now), outcome, unfit, sieve)

    def _read_all(self, readings: Sequence[_Reading]) -> None:
        if readings:
            self._loader.warm_up(readings[0].load.image.to.schema)
        with ThreadPoolExecutor(self._wanted.threads, thread_name_prefix="reader") as pool:
            list(pool.map(self._read, readings))
        with self._adding:
            self._push()
        failed: set[Destination] = set()
        for tables, load in self._loads:
            try:
                load.result()
            except LoadFailed:
                failed |= tables
        self._loads = []
        for reading in readings:
            is_lost = reading.load.image.to in failed and not reading.outcome.failure
            if is_lost or reading.again:
                self._read_alone(reading)

    def _read(self, reading: _Reading) -> None:
        """Stream one table into the parts; runs in a thread of the pool."""
        began = time.monotonic()
        load, outcome = reading.load, reading.outcome
        to = raw_tables.staging(load.image.to)
        cursor = load.extract.cursor
        try:
            if self._gone:
                raise SourceUnreachable(self._gone)
            rows = patiently(lambda: self._database.read(load.extract), self._wanted.patience)
            for batch in rows:
                batch = reading.unfit.sift(batch, reading.sieve.through)
                if cursor:
                    reading.water.see(batch.column(cursor))
                batch = reading.sieve.through(batch)
                reading.rows += batch.num_rows
                self._add(to, shaped(batch, load.shape))
            with self._adding:
                self._parts.rest(to)
        except ReadAgain:
            reading.again = True
        except Silent as error:
            outcome.failure, outcome.unanswered = _said(load.table, error), True
            self._knock(load.table)
        except (TableUnreadable, SourceUnreachable, pa.ArrowException, LoadFailed) as error:
            outcome.failure = _said(load.table, error)
            outcome.unanswered = isinstance(error, SourceUnreachable)
        outcome.seconds += time.monotonic() - began

    def _asked(self, question: Callable[[], T]) -> T:
        """The answer of the source's catalogue.

        Raises:
            SourceUnreachable: none came in time.
        """
        try:
            return within(self._wanted.patience, question)
        except Silent as error:
            raise SourceUnreachable(f"{self._database.place}: {error}") from error

    def _knock(self, table: Table) -> None:
        """A source that fell silent: if it does not open either, no other table waits for it."""
        try:
            within(min(self._wanted.patience, KNOCK_SECONDS), self._database.check)
        except (Silent, SourceUnreachable):
            self._gone = f"not read, since the source fell silent at {table.key}"

    def _read_alone(self, reading: _Reading) -> None:
        """Read and load one table with nothing beside it: it shared a load that failed, or its
        reader has learnt how to read it whole.
        """
        with self._lock.transaction() as cursor:
            image.create_staging(cursor, reading.load.image)
        reading.water = marks.HighWater(reading.water.now)
        reading.rows, reading.again = 0, False
        reading.unfit.forget()
        reading.load.shape.forget()
        reading.sieve = replace(reading.sieve, left_out=0, forgotten=0, emptied=0)
        self._read(reading)
        with self._adding:
            self._push()
        for _, load in self._loads:
            try:
                load.result()
            except LoadFailed as error:
                reading.outcome.failure = _said(reading.load.table, error)
        self._loads = []
        if reading.again:
            self._read_alone(reading)

    def _add(self, to: Destination, batch: pa.RecordBatch) -> None:
        """Keep rows on the disk; hand them to an idle loader, wait for one that is behind."""
        with self._adding:
            self._parts.add(to, batch)
            if self._parts.rows >= LOAD_ROWS and self._loader.is_idle:
                self._push()
            elif self._parts.rows >= WAITING_ROWS:
                self._push()
                if len(self._loads) > 1:
                    self._loads[-2][1].exception()

    def _push(self) -> None:
        if self._parts.rows:
            parts = self._parts.take()
            tables = frozenset(raw_tables.base(to) for to in parts)
            self._loads.append((tables, self._loader.load(parts)))

    def _finish(self, reading: _Reading) -> None:
        """Make what was loaded count: one transaction per table."""
        began = time.monotonic()
        load, outcome, table = reading.load, reading.outcome, reading.load.table
        try:
            with self._lock.transaction() as cursor:
                counts = image.merge(
                    cursor,
                    load.image,
                    run_id=self._log.run_id,
                    loaded_at=self._loaded_at,
                    is_full=load.is_full,
                    accept_shrink=self._wanted.accept_shrink,
                    held_rows=load.held_rows,
                    unfit=reading.unfit.keys,
                )
                assert counts.read == reading.rows, "every row that was read has been staged"
                unfit = reading.unfit.reject(cursor, self._log.run_id)
                counts.read, counts.rejected = counts.read + unfit, counts.rejected + unfit
                image.drop_staging(cursor, load.image)
                marks.note(
                    cursor,
                    table,
                    load.definition,
                    reading.water.value,
                    counts,
                    is_full=load.is_full,
                    run_id=self._log.run_id,
                )
                note_source_columns(cursor, table, *load.known_columns)
                line = Line(
                    "load",
                    "ok",
                    source=table.source,
                    table_name=table.name,
                    rows=counts.changed,
                    seconds=round(outcome.seconds + time.monotonic() - began, 3),
                )
                self._log.insert(cursor, [line])
            self._log.keep([line])
            outcome.counts = counts
        except (Shrunk, psycopg2.Error) as error:
            outcome.failure = _said(table, error)
        outcome.notes += [
            f"{table.key}: {count} rows have more elements in {column} than `extents` declares;"
            f" their numbered columns are null, {column} holds them all"
            for column, count in load.shape.too_long.items()
            if count
        ]
        outcome.notes += [
            f"{table.key}: {count} rows have NUL characters in {column}, which PostgreSQL cannot"
            " hold; each is landed as \u2400"
            for column, count in load.shape.with_nul.items()
            if count
        ]
        outcome.notes += reading.sieve.notes
        if reading.water.in_future:
            outcome.notes.append(
                f"{table.key}: {reading.water.in_future} rows have {load.extract.cursor} in the"
                " future; they are landed, and do not move the mark"
            )
        outcome.seconds += time.monotonic() - began


def _relation(table: Table) -> str:
    from ingest.catalog import DatabaseOrigin

    assert isinstance(table.origin, DatabaseOrigin)
    return table.origin.relation


def _said(table: Table, error: Exception) -> str:
    """One line that names the table, without what quotes a value: no log holds a value of a row."""
    said = said_by(error)
    if isinstance(error, psycopg2.DataError):
        said = f"{said}: a value does not fit the `data_type` of its column"
    return said if said.startswith(table.key) else f"{table.key}: {said}"
