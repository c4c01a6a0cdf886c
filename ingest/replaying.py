"""Files with rejects, or that failed, read again as they are declared now.

    ledger, rejects -> archive, else the place -> read and judge -> those that read better land anew

A file lands anew only if it reads better: it failed and can be read, or fewer of its lines are
rejected. Its rows in raw are replaced in one transaction, with its rejects and its ledger row.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from psycopg2.extensions import connection as Connection

from ingest import ledger, relanding
from ingest.catalog import Catalog, Table, UnknownSelection, load_catalog, select
from ingest.console import complain
from ingest.deliveries import Road
from ingest.files.places import Opens, PlaceOptions, open_place
from ingest.files.scratch import throwaway
from ingest.landing import Landing
from ingest.loader import Loader
from ingest.lock import DatasetLock, dataset_lock
from ingest.looking import Looking
from ingest.options import Request
from ingest.package import Reading
from ingest.plan import Stop, make_plan
from ingest.relanding import Shelf, Suspect, entry_of
from ingest.runlog import RunLog
from ingest.setting_out import archive_of, make_road
from ingest.settings import LOADER_ROLE, STATE_DIR, SettingsError, Warehouse, environment
from ingest.warehouse import connect


@dataclass(slots=True)
class Judged:
    """What reading one content again would come to, or came to.

    `before` and `after`: its rejects; None while it cannot be read at all. `won`: rows more than it
    had in raw. `failure`: why it is not there to be read, or cannot be read now either.
    """

    table: Table
    path: str
    file_id: str
    before: int | None
    after: int | None = None
    won: int = 0
    failure: str | None = None
    landed: bool = False

    @property
    def reads_better(self) -> bool:
        """Whether it is worth landing anew."""
        if self.after is None:
            return False
        return self.before is None or self.after < self.before


@dataclass(slots=True)
class _Judge(Looking):
    """A sink that keeps what reading came to and drops the rows."""

    readings: list[Reading] = field(default_factory=list)

    def complete(self, reading: Reading) -> None:
        for file in reading.rejects:
            file.forget()
        self.readings.append(reading)


class Replay:
    """One replay of a warehouse: what there is to read again, what it comes to, and landing it."""

    def __init__(self, home: Warehouse, log: RunLog, is_wanted: Callable[[Table, str], bool]):
        """`is_wanted` says of a table and a path whether they were asked for.

        Raises:
            CatalogError, SettingsError: nothing was done.
            WarehouseError: the warehouse does not answer.
        """
        self._home, self._log = home, log
        self._catalog = load_catalog()
        self._is_wanted = is_wanted
        self.judged: list[Judged] = []

    def of_databases(self) -> dict[str, int]:
        """The rejects of tables of databases, by `source.table`: the next full load decides."""
        with self._connected() as opened, opened.cursor() as cursor:
            cursor.execute(
                "select source, table_name, count(*) from etl.rejects where _file_id is null"
                " group by source, table_name order by source, table_name"
            )
            counts = {(source, name): count for source, name, count in cursor}
        return {
            table.key: counts[table.source, table.name]
            for table in self._catalog.tables
            if (table.source, table.name) in counts and self._is_wanted(table, "")
        }

    def judge(self) -> list[Judged]:
        """Read every file that is asked for, and land nothing.

        Raises:
            PlaceUnreachable: a place that has files which no archive has.
            SettingsError: its URL is wrong.
        """
        with (
            throwaway(STATE_DIR / "runs") as scratch,
            self._connected() as opened,
            ExitStack() as stack,
        ):
            for stop in self._stops():
                self._judge(stop, scratch, opened, stack)
        return self.judged

    def land(self) -> None:
        """Land anew what reads better.

        Raises:
            LoadFailed: what was not finished stays as it was.
            Locked, LockLost: another run goes on.
        """
        better = {one.file_id for one in self.judged if one.reads_better}
        if not better:
            return
        stops = list(self._stops())
        tables = [table for stop in stops for table in stop.selected]
        with throwaway(STATE_DIR / "runs") as scratch, ExitStack() as stack:

            def end_now() -> None:
                complain("entrepot replay: the connection that held the lock was lost.")
                shutil.rmtree(scratch, ignore_errors=True)
                os._exit(1)

            schemas = {table.schema for table in tables}
            lock: DatasetLock = stack.enter_context(
                dataset_lock(self._home, schemas, run_id=self._log.run_id, on_loss=end_now)
            )
            loader = Loader(self._home, scratch, self._log.run_id)
            stack.callback(loader.close)
            landing = Landing(
                lock=lock,
                log=self._log,
                loader=loader,
                scratch=scratch,
                on_recorded=self._note_landed,
            )
            landing.recover(schemas)
            landing.prepare(tables)
            for stop in stops:
                road = make_road(stop, Request(), landing, scratch)
                for shop, suspects in self._shops(stop, stack):
                    self._read(road, shop, suspects, better)
                landing.finalise()
            self._trace(lock)

    def _note_landed(self, reading: Reading, statuses: object) -> None:
        landed = {item.file_id for item in reading.loaded}
        for one in self.judged:
            one.landed = one.landed or one.file_id in landed

    def _trace(self, lock: DatasetLock) -> None:
        won: Counter[tuple[str, str]] = Counter()
        for one in self.judged:
            if one.landed:
                won[one.table.source, one.table.name] += one.won
        for (source, name), rows in won.items():
            self._log.add("replay", "ok", source=source, table_name=name, rows=rows)
        with lock.transaction() as cursor:
            self._log.insert_waiting(cursor)

    def _stops(self) -> Sequence[Stop]:
        plan = make_plan(self._catalog, (), environment())
        return [stop for stop in plan.stops if not stop.is_database]

    def _connected(self) -> Connection:
        return connect(self._home, role=LOADER_ROLE)

    def _suspects(self, stop: Stop) -> list[Suspect]:
        names = [table.name for table in stop.selected]
        with self._connected() as opened, opened.cursor() as cursor:
            found = relanding.suspects(cursor, stop.connection, names)
        return [
            one for one in found if self._is_wanted(stop.here[one.table_name], one.content.path)
        ]

    def _shops(self, stop: Stop, stack: ExitStack) -> Iterable[tuple[Opens, list[Suspect]]]:
        """The suspects of a place by where they can be read: its archive, or the place itself."""
        suspects = self._suspects(stop)
        archive = archive_of(stop)
        sound: set[str | None] = set()
        if archive:
            hashes = {one.content.outer.sha256 for one in suspects}
            sound = {sha256 for sha256 in hashes if sha256 and archive.is_whole(sha256)}
            yield Shelf(archive), [one for one in suspects if one.content.outer.sha256 in sound]
        left = [one for one in suspects if one.content.outer.sha256 not in sound]
        if left:
            options = PlaceOptions.from_settings(stop.connection, environment())
            try:
                place = stack.enter_context(open_place(stop.url, options))
            except ValueError as error:
                raise SettingsError(f"{stop.connection}: {error}") from None
            listed = {entry.path: entry for entry in place.list()}
            there = []
            for one in left:
                outer, entry = one.content.outer, listed.get(one.content.outer.path)
                if entry and ledger.Outer(
                    outer.connection, entry.path, entry.size, entry.mtime, entry.ctime
                ).same_as(outer):
                    there.append(replace(one, entry=entry))
            yield place, there

    def _judge(self, stop: Stop, scratch: Path, opened: Connection, stack: ExitStack) -> None:
        judge = _Judge(self._log.run_id, opened)
        road = make_road(stop, Request(), judge, scratch)
        suspects = self._suspects(stop)
        for shop, own in self._shops(stop, stack):
            self._read(road, shop, own, {one.content.file_id for one in own})
        found = {item.file_id: item for reading in judge.readings for item in reading.deliveries}
        for one in suspects:
            made = Judged(
                stop.here[one.table_name], one.content.path, one.content.file_id, one.rejects
            )
            item = found.get(one.content.file_id)
            if item is None:
                made.failure = "neither archived nor as it was at its place"
            elif item.loaded:
                made.after = item.rows_rejected
                made.won = (item.rows_landed or 0) - (one.rows_landed or 0)
            else:
                made.failure = item.reason
            self.judged.append(made)

    def _read(self, road: Road, shop: Opens, suspects: list[Suspect], wanted: set[str]) -> None:
        """Read the outer files of some suspects, and of them only what is wanted."""
        own = frozenset(one.content.file_id for one in suspects) & wanted
        wishes = road.wishes
        road.wishes = replace(wishes, reload=True, retry_failed=True, contents=own)
        outers = {
            (one.content.outer.path, one.content.outer.sha256): one
            for one in suspects
            if one.content.file_id in own
        }
        for one in outers.values():
            reading = Reading(one.content.outer, [], is_again=True)
            road.read_into(reading, shop, one.entry or entry_of(one.content.outer), None)
        road.wishes = wishes


def known_as(catalog: Catalog, word: str) -> set[str]:
    """The keys of the tables that a word names: `source.table`, a source, or a pattern."""
    try:
        return {table.key for table in select(catalog, [word])}
    except UnknownSelection:
        return set()
