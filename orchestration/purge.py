"""`entrepot purge`: what is past its retention, or too old, taken out and told."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby

from tabulate import tabulate

from ingest.archive import Archive, ArchiveUnusable
from ingest.catalog import Catalog, load_catalog
from ingest.console import complain
from ingest.keeping import keeping
from ingest.lock import DatasetLock, Locked, LockLost, dataset_lock
from ingest.privacy.archived import purge_archive
from ingest.privacy.histories import histories
from ingest.privacy.purge import Purge, Purged
from ingest.privacy.retention import Cut, cuts
from ingest.runlog import RunLog, new_run_id
from ingest.settings import LOG_DIR, SettingsError, Warehouse, environment
from orchestration.purge_old import ages, purge_old, size_of
from orchestration.purge_old import as_table as old_as_table

WIDEST_NAME = 34


def run_purge(
    chosen: Warehouse,
    source: str | None,
    table: str | None,
    *,
    dry_run: bool = False,
    today: str | None = None,
    older_than: str | None = None,
) -> int:
    """Purge what the catalog gives a retention, and what the house keeps; returns the exit code.

    Args:
        source, table: only rows, and only of these.
        older_than: the age of logs and the like this once, as in `7d`; never that of rows.

    Raises:
        SettingsError: an unknown source or table, a day that is none, an age that is none.
    """
    if older_than and (source or table):
        raise SettingsError(
            "--older-than is the age of logs and working files; rows have their declared"
            " retention, so it goes with neither --source nor --table"
        )
    day, variables = _day(today), environment()
    # What is wrong is said before anything goes.
    ages(variables, older_than)
    catalog = load_catalog()
    wanted = cuts(catalog, day or date.today(), source=source, table=table)
    archives = list(_archives(catalog, wanted))
    log = RunLog(new_run_id(), LOG_DIR)
    failures: list[str] = []
    try:
        failures += _rows(chosen, log, archives, wanted, dry_run=dry_run)
        if not source and not table:
            now = datetime.combine(day, datetime.min.time(), UTC) if day else datetime.now(UTC)
            old = purge_old(chosen, log, variables, now, older_than=older_than, dry_run=dry_run)
            print(f"\n{old_as_table(old)}")
            failures += [one.failure for one in old if one.failure]
    finally:
        log.close()
    for failure in failures:
        complain(failure)
    if dry_run:
        print("Nothing was taken out (--dry-run).")
    return 1 if failures else 0


def _rows(
    chosen: Warehouse,
    log: RunLog,
    archives: Sequence[tuple[str, Archive]],
    wanted: Sequence[Cut],
    *,
    dry_run: bool,
) -> list[str]:
    """Rows past their retention, and the archived files that held nothing else; returns what
    failed.
    """
    if not wanted:
        print("No table declares a `retention` here: no row is ever purged (docs/privacy.md).")
        return []
    schemas = {cut.table.schema for cut in wanted}
    try:
        with dataset_lock(chosen, schemas, run_id=log.run_id, on_loss=_end) as lock:
            work = Purge(lock, log, histories(), dry_run=dry_run)
            done = [work.of(cut) for cut in wanted]
            copies = [
                (name, *_copies(lock, work, archive, name, wanted, dry_run=dry_run))
                for name, archive in archives
            ]
    except (Locked, LockLost, ArchiveUnusable) as error:
        return [f"entrepot purge: {error}"]
    print(as_table(done, dry_run=dry_run))
    for name, count, size in copies:
        print(f"archive of {name}: {count:,} copies, {size_of(size)}")
    if not dry_run and any(one.total for one in done):
        print(f"Run {log.run_id}. `entrepot build` takes it out of facts and marts.")
    return [one.failure for one in done if one.failure]


def _archives(catalog: Catalog, wanted: Sequence[Cut]) -> Iterator[tuple[str, Archive]]:
    """Name and archive of each archived source whose rows may go."""
    variables = environment()
    for source in catalog.sources:
        if any(cut.table.source == source.name for cut in wanted):
            kept = keeping(source, variables.get(source.connection or "", ""), variables)
            if kept.archive:
                yield source.name, Archive(kept.archive, source.name)


def _copies(
    lock: DatasetLock,
    work: Purge,
    archive: Archive,
    source: str,
    wanted: Sequence[Cut],
    *,
    dry_run: bool,
) -> tuple[int, int]:
    """The copies and bytes that go with the rows of one source."""
    own = [cut for cut in wanted if cut.table.source == source]
    going = [file_id for cut in own for file_id in work.going(cut)] if dry_run else ()
    return purge_archive(lock, archive, source, going, dry_run=dry_run)


def as_table(done: Sequence[Purged], *, dry_run: bool) -> str:
    """What was taken out of each table, for 80 columns."""
    lines: list[list[str]] = []
    for source, own in groupby(done, key=lambda one: one.cut.table.source):
        lines.append([source])
        lines += [_line(one, dry_run) for one in own]
    return tabulate(
        lines,
        headers=["table", "older than", "rows", "history", "rejects", "files", ""],
        colalign=("left", "left", *("right",) * 4, "left"),
        disable_numparse=True,
        preserve_whitespace=True,
    )


def _line(one: Purged, dry_run: bool) -> list[str]:
    name = f"  {one.cut.table.name}"
    if len(name) > WIDEST_NAME:
        name = f"{name[: WIDEST_NAME - 1]}…"
    counts = [f"{count:,}" if count else "" for count in (one.versions, one.rejects, one.files)]
    said = "failed" if one.failure else "would go" if dry_run else "purged"
    return [
        *(name, f"{one.cut.first_day}", f"{one.rows:,}", *counts),
        said if one.total or one.failure else "nothing",
    ]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SettingsError(f"--today {text}: it is not a day (write 2026-11-20)") from None


def _end() -> None:
    # Another run may hold the lock by now, and a transaction in another thread cannot be stopped.
    complain("entrepot purge: the connection that held the lock was lost; the run ends here.")
    os._exit(1)
