"""One run, from the request to its report: plan, lock, recover, read place by place, finalise."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest import ledger
from ingest.catalog import Priority, Table, load_catalog
from ingest.console import complain
from ingest.databases.model import SourceUnreachable
from ingest.databases.opening import open_database, patience
from ingest.databases.road import DatabaseRoad, Outcome, Wanted
from ingest.files.errors import PlaceUnreachable
from ingest.files.model import Entry
from ingest.files.places import Place, PlaceOptions, open_place
from ingest.files.scratch import throwaway
from ingest.generated import Shrunk, land_generated
from ingest.landing import BATCH_ROWS, Landing
from ingest.loader import Loader, LoadFailed
from ingest.lock import DatasetLock, dataset_lock
from ingest.options import Request
from ingest.package import Reading
from ingest.plan import Plan, Stop, make_plan, pii_key
from ingest.progress import AdvanceTable, Progress
from ingest.rebuilding import Rebuilding, keep_the_archived
from ingest.reference import UnknownGenerator, generator
from ingest.remembered import Container, containers
from ingest.report import Line, Report
from ingest.runlog import RunLog, Status, own_run_id
from ingest.setting_out import archive_of, delivered, make_ready, make_road
from ingest.settings import (
    LOG_DIR,
    STATE_DIR,
    Warehouse,
    environment,
    warehouse,
)
from ingest.tidying import after_visit

# Bytes to read from which on it pays to make the loader ready meanwhile.
WORTH_WARMING = 500_000
AT_FIRST = "stopped at the first failure (--fail-fast)"


class Stopped(Exception):
    """A failure after which the request wants no more; it is in the report already."""


def run(request: Request, progress: Progress) -> Report:
    """Land what the request asks for and say what came of it.

    Raises:
        CatalogError, UnknownSelection, SettingsError: nothing was done (exit code 2).
        WarehouseError, Locked, LockLost: the run could not go on (exit code 1).
    """
    began = time.monotonic()
    catalog = load_catalog()
    plan = make_plan(catalog, request.select, environment(), request.data_path)
    if request.rebuild_raw:
        keep_the_archived(plan)
    home = warehouse(request.target)
    make_ready(home, catalog)
    # The command that this run is a step of counts its attempts.
    run_id = own_run_id(environment())
    report = Report(run_id, notes=list(plan.skipped))
    log = RunLog(run_id, LOG_DIR, int(environment().get("ENTREPOT_ATTEMPT") or 1))
    try:
        with (
            throwaway(STATE_DIR / "runs") as scratch,
            _lock(home, plan, run_id, scratch) as lock,
            ExitStack() as stack,
        ):
            loader = Loader(home, scratch, run_id)
            stack.callback(loader.close)
            landing = Landing(
                lock=lock,
                log=log,
                loader=loader,
                scratch=scratch,
                batch_rows=request.batch_size or BATCH_ROWS,
                on_recorded=report.recorded,
            )
            _Run(
                request, plan, landing, log, scratch, report, progress, _Road(home, lock, loader)
            ).go()
    finally:
        log.close()
        report.seconds = time.monotonic() - began
    return report


@dataclass(frozen=True, slots=True)
class _Road:
    """What the road of databases needs of a run."""

    home: Warehouse
    lock: DatasetLock
    loader: Loader


@contextmanager
def _lock(home: Warehouse, plan: Plan, run_id: str, scratch: Path) -> Iterator[DatasetLock]:
    def end_now() -> None:
        # Another run may have taken the lock already: not one row more may be written, and a
        # COPY that is under way in a worker thread cannot be stopped in any gentler way.
        complain("run_all: the connection that held the lock was lost; the run ends here.")
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(1)

    with dataset_lock(home, plan.schemas, run_id=run_id, on_loss=end_now) as lock:
        yield lock


class _Run:
    """The steps of one run; what goes wrong in one of them never stops the others."""

    def __init__(
        self,
        request: Request,
        plan: Plan,
        landing: Landing,
        log: RunLog,
        scratch: Path,
        report: Report,
        progress: Progress,
        road: _Road,
    ):
        self._request = request
        self._road = road
        self._plan = plan
        self._landing = landing
        self._log = log
        self._scratch = scratch
        self._report = report
        self._progress = progress
        self._failed: set[str] = set()
        # Tables whose last word is in the run log already.
        self._logged: set[str] = set()
        self._stopped = False

    def go(self) -> None:
        self._landing.recover(self._plan.schemas)
        self._landing.prepare(self._plan.prepared)
        for line in self._plan.skipped:
            self._log.add("list", "skipped", error=line)
        try:
            if not self._request.rebuild_raw:
                self._generate()
            for stop in sorted(self._plan.stops, key=_most_urgent):
                if self._request.rebuild_raw:
                    self._rebuild(stop)
                elif stop.is_database:
                    self._visit_database(stop)
                else:
                    self._visit(stop)
        except Stopped as stopped:
            self._stopped = True
            self._report.notes.append(str(stopped))
        self._finalise()
        self._close()

    def _generate(self) -> None:
        for table in self._plan.generated:
            try:
                land_generated(
                    self._landing,
                    table,
                    generator(table.name),
                    force=self._request.mode == "full" or self._request.rehash,
                    accept_shrink=self._request.accept_shrink,
                    spend=self._spend,
                )
            except (Shrunk, UnknownGenerator, LoadFailed) as error:
                self._fail(str(error), [table])
        self._finalise()

    def _visit(self, stop: Stop) -> None:
        """Read one place; if it does not answer, its own tables fail and the others go on."""
        began = time.monotonic()
        try:
            options = PlaceOptions.from_settings(stop.connection, environment())
            with open_place(stop.url, options) as place:
                entries = delivered(stop, place)
                self._log.add(
                    "list",
                    "ok",
                    source=stop.source.name,
                    rows=len(entries),
                    bytes=sum(entry.size for entry in entries),
                    seconds=round(time.monotonic() - began, 3),
                )
                self._read(stop, place, entries)
        except (PlaceUnreachable, ValueError) as error:
            self._log.add("list", "failed", source=stop.source.name, error=str(error))
            unanswered = isinstance(error, PlaceUnreachable)
            self._fail(f"{stop.connection}: {error}", stop.selected, retry=unanswered)

    def _visit_database(self, stop: Stop) -> None:
        """Land the tables of one database; if it does not answer, they fail, the others go on."""
        began = time.monotonic()
        variables = environment()
        try:
            database = open_database(stop.connection, stop.url, variables)
        except SourceUnreachable as error:
            self._log.add("list", "failed", source=stop.source.name, error=str(error))
            self._fail(f"{error}; not read: {_some_of(stop.selected)}", stop.selected, retry=True)
            return
        self._log.add(
            "list",
            "ok",
            source=stop.source.name,
            rows=len(stop.selected),
            seconds=round(time.monotonic() - began, 3),
        )
        wanted = Wanted(
            force_full=self._request.mode == "full",
            accept_shrink=self._request.accept_shrink,
            threads=self._road.home.threads,
            patience=patience(stop.connection, variables),
            pii_key=pii_key(variables),
        )
        with closing(database), self._progress.tables(stop.connection, stop.selected) as advance:
            road = DatabaseRoad(
                database,
                wanted,
                lock=self._road.lock,
                log=self._log,
                loader=self._road.loader,
                scratch=self._scratch,
                on_outcome=lambda outcome: self._note_outcome(outcome, advance),
            )
            try:
                road.go(sorted(stop.selected, key=lambda table: table.priority))
            except SourceUnreachable as error:
                self._fail(
                    f"{error}; not read: {_some_of(stop.selected)}", stop.selected, retry=True
                )

    def _note_outcome(self, outcome: Outcome, advance: AdvanceTable) -> None:
        table = outcome.table
        advance(table)
        for note in outcome.notes:
            self._report.notes.append(note)
            self._log.add("extract", "warn", source=table.source, table_name=table.name, error=note)
        if outcome.failure:
            self._fail(outcome.failure, [table], retry=outcome.unanswered)
            return
        line = self._report.line(table.source, table.name)
        line.rows_read += outcome.counts.read
        line.rows_rejected += outcome.counts.rejected
        line.rows_landed += outcome.counts.read - outcome.counts.rejected
        line.rows_changed = (line.rows_changed or 0) + outcome.counts.changed
        line.seconds += outcome.seconds
        self._logged.add(table.key)

    def _read(self, stop: Stop, place: Place, entries: Sequence[Entry]) -> None:
        archive = archive_of(stop)
        road = make_road(
            stop, self._request, self._landing, self._scratch, spend=self._spend, archive=archive
        )
        held = self._landing.ask(lambda cursor: containers(cursor, stop.connection))
        todo = road.to_read(entries, held)
        self._report.unchanged += len(entries) - len(todo)
        if not self._request.data_path:
            self._retire(stop.connection, {entry.path for entry in entries}, held)
        if sum(entry.size for entry in todo) > WORTH_WARMING and stop.selected:
            self._landing.warm_up(stop.selected[0])
        with self._progress.place(stop.connection, todo) as advance:
            for entry in todo:
                try:
                    reading = road.read(place, entry, held.get(entry.path))
                except LoadFailed as error:
                    self._fail(str(error), stop.selected)
                else:
                    self._note_failures(reading)
                advance(entry)
        self._finalise()
        if archive:
            for failure in after_visit(
                stop, place, entries, archive, self._landing, self._log, self._report
            ):
                self._fail(failure, [])

    def _rebuild(self, stop: Stop) -> None:
        """Land again what the archive of a place has, and ask the place nothing."""
        road = make_road(stop, self._request, self._landing, self._scratch, spend=self._spend)
        try:
            rebuilding = Rebuilding(stop, road, self._landing, self._log)
            self._report.notes += rebuilding.notes
            with self._progress.place(stop.connection, rebuilding.entries) as advance:
                for entry, reading in rebuilding.go():
                    self._note_failures(reading)
                    advance(entry)
            for failure in rebuilding.failures:
                self._fail(f"{stop.connection}: {failure}", [])
        except (PlaceUnreachable, LoadFailed) as error:
            self._fail(str(error), stop.selected)
        self._finalise()

    def _retire(self, connection: str, present: set[str], held: Mapping[str, Container]) -> None:
        gone = [path for path, container in held.items() if container.files and path not in present]
        if gone:
            self._landing.ask(lambda cursor: ledger.retire_absent(cursor, connection, gone))

    def _note_failures(self, reading: Reading) -> None:
        """One line of the log for each file that failed now; its table is not stopped by it."""
        failed = [d for d in reading.deliveries if d.status == "failed" and not d.is_old_failure]
        for delivery in failed:
            self._log.add(
                "extract",
                "failed",
                source=delivery.source,
                table_name=delivery.table_name,
                bytes=delivery.size_bytes,
                error=f"{delivery.path}: {delivery.reason}",
            )
        if failed and self._request.fail_fast:
            raise Stopped(AT_FIRST)

    def _fail(self, what: str, tables: Sequence[Table], *, retry: bool = False) -> None:
        """A failure of tables; with `retry`, one that may be over in some minutes."""
        self._report.failures.append(what)
        if retry:
            self._report.to_retry += [table.key for table in tables]
            self._report.unanswered.append(what)
        self._failed.update(table.key for table in tables)
        for table in tables:
            self._log.add("load", "failed", source=table.source, table_name=table.name, error=what)
        if self._request.fail_fast:
            raise Stopped(AT_FIRST)
        critical = [table.key for table in tables if table.priority is Priority.critical]
        if critical and self._request.stop_on_critical:
            self._report.stopped = True
            raise Stopped(f"stopped: {critical[0]} is critical (--stop-on-critical)")

    def _spend(self, table: Table, seconds: float) -> None:
        self._report.line(table.source, table.name).seconds += seconds

    def _finalise(self) -> None:
        try:
            self._landing.finalise()
        except LoadFailed as error:
            self._fail(str(error), [])

    def _close(self) -> None:
        """The last word on each table: too many rejects, or a load that had nothing to do."""
        skipped = {table.key for table in self._plan.tables} - {
            table.key for stop in self._plan.stops for table in stop.selected
        }
        skipped -= {table.key for table in self._plan.generated}
        for table in self._plan.tables:
            line = self._report.lines.get((table.source, table.name), Line())
            if line.rows_read:
                self._log_extract(table, line)
            self._landing.settle(table, line.rows_landed)
            is_over = not self._stopped and table.key not in (self._failed | self._logged | skipped)
            if is_over and not line.rows_landed:
                self._log.add(
                    "load", "ok", source=table.source, table_name=table.name, rows=0, seconds=0.0
                )
        self._log.written(self._landing.ask(self._log.insert_waiting))

    def _log_extract(self, table: Table, line: Line) -> None:
        """What was read for a table, and whether too much of it was rejected."""
        what: str | None = None
        status: Status = "ok"
        if line.rows_rejected:
            what, status = f"{line.rows_rejected} of {line.rows_read} rows rejected", "warn"
        # What lands again was told when it was delivered.
        is_news = not self._request.rebuild_raw
        if is_news and line.rows_rejected > table.tolerance * line.rows_read:
            what, status = f"{what}, more than {table.tolerance:.2%}", "failed"
            self._report.failures.append(f"{table.key}: {what}")
        self._log.add(
            "extract",
            status,
            source=table.source,
            table_name=table.name,
            rows=line.rows_read,
            seconds=round(line.seconds, 3),
            error=what,
        )


def _most_urgent(stop: Stop) -> int:
    """The highest priority among the tables of a place."""
    return min(table.priority for table in stop.selected)


def _some_of(tables: Sequence[Table]) -> str:
    """The tables by name, as many as a line can take."""
    names = [table.key for table in tables]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
