"""`--rebuild-raw`: the raw tables of files, from the archives alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from ingest import relanding
from ingest.catalog import Table
from ingest.deliveries import Road
from ingest.files.model import Entry
from ingest.landing import Landing
from ingest.package import Reading
from ingest.plan import Plan, Stop
from ingest.relanding import Shelf, entry_of
from ingest.runlog import RunLog
from ingest.setting_out import archive_of
from ingest.settings import SettingsError


def keep_the_archived(plan: Plan) -> None:
    """Leave in a plan what an archive can give, and note what it leaves out.

    Raises:
        SettingsError: nothing that was asked for is archived.
    """
    kept = [stop for stop in plan.stops if stop.keeping.archive]
    left_out = [
        stop.source.name for stop in plan.stops if not stop.keeping.archive and not stop.is_database
    ]
    if not kept:
        asked = ", ".join(dict.fromkeys(left_out)) or "what was selected"
        raise SettingsError(f"--rebuild-raw: {asked} has no `archive` (docs/backup.md)")
    plan.skipped = [
        f"{name}: not archived; `--mode full --select {name}` reads its place again"
        for name in dict.fromkeys(left_out)
    ]
    plan.stops[:] = kept
    plan.generated.clear()
    plan.tables = tuple(_tables(kept))


def _tables(stops: list[Stop]) -> Iterator[Table]:
    for stop in stops:
        yield from stop.selected


class Rebuilding:
    """One place of a source, read from its archive.

    `entries`: the files that `go` will read; `failures`: once `go` has ended, paths that the
    archive lacks or has not whole, and paths that had landed and that their table does not take
    any more, each with this reason; `notes`: what a person should know.
    """

    def __init__(self, stop: Stop, road: Road, landing: Landing, log: RunLog):
        """Look what there is to read; every archived file that is wanted is hashed once.

        Raises:
            ArchiveUnusable: it cannot be read.
        """
        archive = archive_of(stop)
        assert archive, "the plan keeps archived places alone"
        self._stop, self._road, self._landing, self._log = stop, road, landing, log
        self._shelf = Shelf(archive)
        names = [table.name for table in stop.selected]
        self._known = landing.ask(lambda cursor: relanding.landed(cursor, stop.connection, names))
        seen = landing.ask(lambda cursor: relanding.last_seen(cursor, stop.connection))
        self._work = relanding.on_the_shelf(archive, self._known)
        untold = relanding.untold(archive, stop.connection, seen)
        self.notes: list[str] = []
        if untold.anew or untold.missing:
            if len(names) < len(stop.here) or road.wishes.are_for_some:
                self.notes.append(
                    f"{stop.connection}: the archive has deliveries that the ledger does not know;"
                    " they land when the whole source is rebuilt"
                )
            else:
                self._work.anew = untold.anew
                self._work.missing += untold.missing
        self.failures = [f"not whole in the archive: {path}" for path in self._work.missing]
        self.entries: list[Entry] = [
            *map(entry_of, self._work.again),
            *(entry_of(delivered.outer) for delivered in self._work.anew),
        ]

    def go(self) -> Iterator[tuple[Entry, Reading]]:
        """Land file after file: first what the ledger knows, then what it is told anew.

        Raises:
            LoadFailed, LockLost: as any landing.
        """
        wishes = self._road.wishes
        self._road.wishes = replace(wishes, reload=True, contents=frozenset(self._work.contents))
        told: set[str | None] = set()
        for outer in self._work.again:
            entry, reading = self._read(Reading(outer, [], is_again=True))
            told |= {item.file_id or item.path for item in reading.deliveries}
            yield entry, reading
        self._road.wishes = wishes
        if not wishes.are_for_some:
            self.failures += [
                f"of no table as declared now: {content.path}"
                for content in self._known
                if content.file_id in self._work.contents
                and not told & {content.file_id, content.path, content.outer.path}
            ]
        for _, own in groupby(self._work.anew, key=lambda delivered: delivered.run_id):
            # What one run brought the next one found: a log goes on, a file comes back.
            self._landing.finalise()
            for delivered in own:
                yield self._read(Reading(delivered.outer, [], read_at=delivered.read_at))
        self._log.add("archive", "ok", source=self._stop.source.name, rows=len(self.entries))

    def _read(self, reading: Reading) -> tuple[Entry, Reading]:
        entry = entry_of(reading.outer)
        return entry, self._road.read_into(reading, self._shelf, entry, None)
