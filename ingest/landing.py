"""A safe run around the loader: what is loaded counts only once the ledger says so.

    batches -> parts -> intents (committed) -> COPY by dlt -> one transaction: ledger, rejects,
    columns, run log, intents gone

Killed anywhere, the intents that remain tell the next run which rows to take out of which table,
found by an index: nothing is searched for when no run died.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from ingest import chains, ledger, raw_tables, relanding
from ingest.catalog import Generated, Table
from ingest.columns import note_columns
from ingest.files import growing
from ingest.files.growing import Beginning
from ingest.ledger import Delivery
from ingest.loader import Loader, LoadFailed
from ingest.lock import DatasetLock
from ingest.package import Package, Reading
from ingest.parts import Destination, Part, Parts
from ingest.rejects import replace_rejects
from ingest.runlog import Line, RunLog

T = TypeVar("T")

# Rows that are handed to an idle loader at a time, and the most that wait for a busy one: each load
# has a price of its own, what waits lies on the disk.
LOAD_ROWS, WAITING_ROWS = 1_000_000, 2_000_000
LARGE_ROWS = 1_200_000
BATCH_ROWS = 2_000_000
# A package is also closed after this many outer files, so that a crash costs little.
BATCH_FILES = 2_000

# The contents that land, by their table.
Landed = dict[tuple[Destination, str], Delivery]


class Landing:
    """The one way into the raw tables, for files and for generated tables alike."""

    def __init__(
        self,
        *,
        lock: DatasetLock,
        log: RunLog,
        loader: Loader,
        scratch: Path,
        batch_rows: int = BATCH_ROWS,
        on_recorded: Callable[[Reading, Mapping[str, str]], None] = lambda reading, statuses: None,
    ):
        """`on_recorded` gets every outer file once it counts, and the status of its contents by
        delivery id."""
        self.run_id = log.run_id
        self._lock = lock
        self._log = log
        self._loader = loader
        self._batch_rows = batch_rows
        self._parts = Parts(scratch)
        self._package = Package()
        self._columns: dict[Destination, list[str]] = {}
        self._tables: dict[tuple[str, str | None], Table] = {}
        self._on_recorded = on_recorded

    def ask(self, question: Callable[[Cursor], T]) -> T:
        """Run a query or an update of control tables in a transaction of its own."""
        with self._lock.transaction() as cursor:
            return question(cursor)

    def recover(self, schemas: Iterable[str]) -> int:
        """Take out the rows of loads that never ended; returns how many rows.

        Asked at the start of a run, under the lock: whatever intents there are, their run is dead.
        """
        schemas = sorted(set(schemas))
        removed = 0
        with self._lock.transaction() as cursor:
            cursor.execute(
                "select run_id, raw_schema, table_name, array_agg(_file_id)"
                " from etl.load_intents where raw_schema = any(%s)"
                " group by run_id, raw_schema, table_name",
                (schemas,),
            )
            dead = cursor.fetchall()
            present = raw_tables.present_columns(cursor, schemas) if dead else {}
            for run_id, schema, table, file_ids in dead:
                to = Destination(schema, table)
                if to in present:
                    removed += raw_tables.take_out(cursor, to, file_ids, run_id)
            if dead:
                raw_tables.drop_staging(cursor, schemas)
                cursor.execute(
                    "delete from etl.load_intents where raw_schema = any(%s)", (schemas,)
                )
        for run_id in sorted({row[0] for row in dead}):
            self._log.add(
                "load",
                "warn",
                rows=removed,
                error=f"run {run_id} did not end: what it had not finished was taken out",
            )
        return removed

    def prepare(self, tables: Sequence[Table]) -> None:
        """Make sure that the raw tables are there with their declared columns."""
        self._tables.update({(table.source, table.name): table for table in tables})
        with self._lock.transaction() as cursor:
            present = raw_tables.present_columns(cursor, {table.schema for table in tables})
            self._columns.update(raw_tables.create_missing(cursor, tables, present))

    def columns(self, table: Table) -> tuple[str, ...]:
        """The data columns that the raw table has now."""
        return tuple(
            name
            for name in self._columns[raw_tables.destination(table)]
            if name not in raw_tables.LINEAGE
        )

    def has_landed(self, file_id: str) -> bool:
        """Whether the rows of this content are in their table already, or in this package."""
        return file_id in self._package.loaded or bool(
            self.ask(lambda cursor: ledger.landed_among(cursor, [file_id]))
        )

    def is_purged(self, file_id: str) -> bool:
        """Whether the rows of this content were taken out, and are not to come back."""
        return bool(self.ask(lambda cursor: ledger.purged_among(cursor, [file_id])))

    def beginning(
        self, table: Table, logical_name: str, file_id: str, path: Path, *, has_landed: bool
    ) -> Beginning | None:
        """What a file of lines continues, see `ingest.chains`; a content is continued once."""
        known = self._package.beginnings
        if file_id not in known:
            taken = {other.content.file_id for other in known.values() if other}
            found = self.ask(
                lambda cursor: chains.beginnings(
                    cursor, table.source, table.name, logical_name, file_id, has_landed=has_landed
                )
            )
            known[file_id] = growing.beginning(path, [c for c in found if c.file_id not in taken])
        return known[file_id]

    def warm_up(self, table: Table) -> None:
        """Let the loader get ready while the first file is read."""
        self._loader.warm_up(table.schema)

    def add(self, table: Table, file_id: str, batch: pa.RecordBatch, *, replace: bool) -> None:
        """Take rows of a file; with `replace` they will stand for rows that are there already.

        Raises:
            LoadFailed: a package that these rows completed did not get in.
        """
        to = raw_tables.destination(table)
        if replace:
            to = raw_tables.staging(to)
        self._package.touched.add((to, file_id))
        self._parts.add(to, batch)
        self._package.rows += batch.num_rows
        waiting = self._parts.rows
        if waiting >= min(LOAD_ROWS, self._batch_rows) and self._loader.is_idle:
            self._push()
        elif waiting >= min(WAITING_ROWS, self._batch_rows):
            self._push()
            self._wait(1)

    def complete(self, reading: Reading) -> None:
        """An outer file was read to its end; it is finalised with the package it is in.

        Raises:
            LoadFailed: the package did not get in.
        """
        package = self._package
        package.done.append(reading)
        package.loaded.update(item.file_id for item in reading.loaded if item.file_id)
        if package.rows >= self._batch_rows or len(package.done) >= BATCH_FILES:
            self.finalise()

    def drop(self) -> None:
        """Whatever was taken since the last complete outer file does not land.

        Raises:
            LoadFailed: the package did not get in.
        """
        # At once: another copy of the same content may come in this very run.
        self.finalise()

    def finalise(self) -> None:
        """Load what was taken, and make it count in one transaction.

        Raises:
            LoadFailed: nothing of the package counts; its outer files are read again next time.
            LockLost: nothing of the package counts, and the run must end.
        """
        package = self._package
        if not package.done and not package.touched:
            return
        self._push()
        self._wait(0)
        landing: Landed = {
            (raw_tables.destination(self._tables[item.source, item.table_name]), item.file_id): item
            for reading in package.done
            for item in reading.loaded
            if item.file_id
        }
        lines = self._lines()
        with self._lock.transaction() as cursor:
            self._settle_rows(cursor, landing)
            fresh = [(r.outer, r.deliveries, r.read_at) for r in package.done if not r.is_again]
            ledger.record(cursor, fresh, self.run_id)
            again = [item for item in package.done if item.is_again]
            relanding.record_again(cursor, again, self.run_id)
            ledger.note_replaced(cursor, [key[1] for key in landing if landing[key].replaces])
            chains.share(
                cursor,
                [
                    item.file_id
                    for reading in package.done
                    for item in reading.deliveries
                    if item.status == "content" and item.file_id and not item.loaded
                ],
            )
            replace_rejects(
                cursor,
                [file_id for _, file_id in landing],
                [file for reading in package.done for file in reading.rejects],
            )
            note_columns(
                cursor,
                [
                    (self._tables[item.source, item.table_name], item.columns)
                    for reading in package.done
                    for item in reading.loaded
                ],
            )
            self._drop_intents(cursor)
            statuses = ledger.statuses(
                cursor, [(reading.outer, reading.deliveries) for reading in package.done]
            )
            self._log.insert(cursor, lines)
            waiting = self._log.insert_waiting(cursor)
        self._log.written(waiting)
        self._log.keep(lines)
        self._next_package()
        for reading in package.done:
            self._on_recorded(reading, statuses)

    def settle(self, table: Table, rows: int) -> None:
        """Make the rows of one file quick to find again, after so many rows were landed."""
        if not rows:
            return
        with self._lock.transaction() as cursor:
            if rows > LARGE_ROWS:
                raw_tables.summarise(cursor, raw_tables.destination(table))
            raw_tables.measure(cursor, raw_tables.destination(table), rows)

    def _push(self) -> None:
        """Say what will be written, commit that, then write it; it does not count yet."""
        if not self._parts.rows:
            return
        package = self._package
        parts = self._parts.take()
        fresh = sorted(package.touched - package.intended)
        with self._lock.transaction() as cursor:
            for to, own in parts.items():
                self._make_ready(cursor, to, own)
            if fresh:
                now = datetime.now(UTC)
                execute_values(
                    cursor,
                    "insert into etl.load_intents"
                    " (run_id, raw_schema, table_name, _file_id, intended_at) values %s",
                    [(self.run_id, to.schema, to.table, file_id, now) for to, file_id in fresh],
                )
            started = [
                Line("load", "started", source=table.source, table_name=table.name)
                for table in self._tables_of(parts)
            ]
            self._log.insert(cursor, started)
            waiting = self._log.insert_waiting(cursor)
        self._log.written(waiting)
        self._log.keep(started)
        package.intended.update(fresh)
        package.loads.append(self._loader.load(parts))

    def _wait(self, allowed: int) -> None:
        """Wait until at most so many loads are under way: what was read ahead lies on the disk."""
        loads = self._package.loads
        try:
            while len(loads) > allowed:
                loads.pop(0).result()
        except LoadFailed as error:
            self._abandon(str(error))
            raise

    def _make_ready(self, cursor: Cursor, to: Destination, parts: Sequence[Part]) -> None:
        """Give the table the columns that these files bring; a staging table is made first."""
        base = raw_tables.base(to)
        arrived = [name for part in parts for name in part.columns.names]
        fresh = {name: "text" for name in dict.fromkeys(arrived) if name not in self._columns[base]}
        raw_tables.add_columns(cursor, base, fresh)
        self._columns[base] += fresh
        if to != base:
            raw_tables.create_staging(
                cursor, base, keep=to in {t for t, _ in self._package.intended}
            )
            raw_tables.add_columns(cursor, to, fresh)

    def _settle_rows(self, cursor: Cursor, landing: Landed) -> None:
        """Take out the rows of files that do not land, put staged rows where they belong."""
        staged: dict[Destination, list[str]] = {}
        unwanted: dict[Destination, list[str]] = {}
        for to, file_id in sorted(self._package.intended):
            base = raw_tables.base(to)
            if (base, file_id) not in landing:
                unwanted.setdefault(to, []).append(file_id)
            elif to != base:
                staged.setdefault(base, []).append(file_id)
        for to, file_ids in unwanted.items():
            raw_tables.take_out(cursor, to, file_ids, self.run_id)
        for (base, file_id), item in landing.items():
            if item.replaces and not item.rows_landed:  # nothing of it was staged
                raw_tables.remove(cursor, base, file_id)
        for base, file_ids in staged.items():
            raw_tables.replace(cursor, base, file_ids, self._columns[base], self._whole(base))
        raw_tables.drop(
            cursor, {to for to, _ in self._package.intended if to != raw_tables.base(to)}
        )

    def _whole(self, base: Destination) -> bool:
        """Whether one delivery is all of this table."""
        return isinstance(self._tables_of([base])[0].origin, Generated)

    def _drop_intents(self, cursor: Cursor) -> None:
        if self._package.intended:
            cursor.execute("delete from etl.load_intents where run_id = %s", (self.run_id,))

    def _lines(self) -> list[Line]:
        """One line of this package for each table that got rows."""
        seconds = time.monotonic() - self._package.started
        rows: Counter[tuple[str, str | None]] = Counter()
        sizes: Counter[tuple[str, str | None]] = Counter()
        for reading in self._package.done:
            for item in reading.loaded:
                rows[item.source, item.table_name] += item.rows_landed or 0
                sizes[item.source, item.table_name] += item.size_bytes or 0
        return [
            Line(
                "load",
                "ok",
                source=source,
                table_name=table,
                rows=rows[source, table],
                bytes=sizes[source, table],
                seconds=round(seconds, 3),
            )
            for source, table in rows
        ]

    def _tables_of(self, places: Iterable[Destination]) -> list[Table]:
        bases = {raw_tables.base(to) for to in places}
        return [t for t in self._tables.values() if raw_tables.destination(t) in bases]

    def _abandon(self, reason: str) -> None:
        """The package is lost: nothing of it stays, and its outer files are read next time."""
        package = self._package
        for load in package.loads:
            load.exception()  # nothing may still be writing when its rows are taken out
        self._parts.take()
        lines = [
            Line("load", "failed", source=table.source, table_name=table.name, error=reason)
            for table in self._tables_of(to for to, _ in package.touched)
        ]
        with self._lock.transaction() as cursor:
            for to in {to for to, _ in package.intended}:
                file_ids = [file_id for other, file_id in package.intended if other == to]
                raw_tables.take_out(cursor, to, file_ids, self.run_id)
            raw_tables.drop(cursor, {to for to, _ in package.intended if to != raw_tables.base(to)})
            self._drop_intents(cursor)
            self._log.insert(cursor, lines)
        self._log.keep(lines)
        self._next_package()

    def _next_package(self) -> None:
        for reading in self._package.done:
            for file in reading.rejects:
                file.forget()
        self._package = Package()
