"""`entrepot purge`: what is past its retention, taken out and told table by table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from tabulate import tabulate

from ingest.catalog import load_catalog
from ingest.console import complain
from ingest.lock import Locked, LockLost, dataset_lock
from ingest.privacy.histories import histories
from ingest.privacy.purge import Purge, Purged
from ingest.privacy.retention import cuts
from ingest.runlog import RunLog, new_run_id
from ingest.settings import LOG_DIR, SettingsError, Warehouse

WIDEST_NAME = 34


def run_purge(
    chosen: Warehouse,
    source: str | None,
    table: str | None,
    *,
    dry_run: bool = False,
    today: str | None = None,
) -> int:
    """Purge what the catalog gives a retention; returns the exit code.

    Raises:
        SettingsError: an unknown source or table, or a day that is none.
    """
    wanted = cuts(load_catalog(), _day(today), source=source, table=table)
    if not wanted:
        print("No table declares a `retention` here: nothing is ever purged (docs/privacy.md).")
        return 0
    log = RunLog(new_run_id(), LOG_DIR)
    schemas = {cut.table.schema for cut in wanted}
    try:
        with dataset_lock(chosen, schemas, run_id=log.run_id, on_loss=_end) as lock:
            work = Purge(lock, log, histories(), dry_run=dry_run)
            done = [work.of(cut) for cut in wanted]
    except (Locked, LockLost) as error:
        complain(f"entrepot purge: {error}")
        return 1
    finally:
        log.close()
    print(as_table(done, dry_run=dry_run))
    for one in done:
        if one.failure:
            complain(one.failure)
    if dry_run:
        print("Nothing was taken out (--dry-run).")
    elif any(one.total for one in done):
        print(f"Run {log.run_id}. `entrepot build` takes it out of facts and marts.")
    return 1 if any(one.failure for one in done) else 0


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


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise SettingsError(f"--today {text}: it is not a day (write 2026-11-20)") from None


def _end() -> None:
    # Another run may hold the lock by now, and a transaction in another thread cannot be stopped.
    complain("entrepot purge: the connection that held the lock was lost; the run ends here.")
    os._exit(1)
