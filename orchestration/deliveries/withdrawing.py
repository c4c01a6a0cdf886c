"""`entrepot withdraw`: what is meant, what becomes of it, and what falls back to which file.

find -> lock of the dataset -> find again -> list -> ledger (one transaction) -> what falls back

A dry run does the same and rolls back, so that what it says is what would be.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from psycopg2.extensions import cursor as Cursor

from ingest import withdrawals
from ingest.catalog import FilesOrigin, LinesOrigin, load_catalog
from ingest.console import complain
from ingest.lock import Locked, LockLost, dataset_lock
from ingest.runlog import Line, RunLog, new_run_id
from ingest.settings import LOADER_ROLE, LOG_DIR, Warehouse
from ingest.warehouse import connect, transaction
from ingest.withdrawals import Content, Found
from orchestration.deliveries import telling_withdrawals as telling
from orchestration.deliveries.falling_back import Falling, fallbacks


class _Rehearsed(Exception):
    """Rolls a dry run back."""


@dataclass(slots=True)
class Outcome:
    """What a withdrawal, or putting back, came to or would come to.

    `acted`: contents whose state changes. `settled`: those that are as asked already. `purged`:
    those that nothing can be done about. `returned`: other contents that count because of it.
    `falling`: which figures move; None when no build has said who claims what.
    """

    run_id: str
    reason: str | None
    dry_run: bool
    acted: list[Content]
    settled: list[Content]
    purged: list[Content]
    earlier: int
    returned: list[Content] = field(default_factory=list)
    falling: Falling | None = None


def run_withdraw(
    chosen: Warehouse,
    wanted: str,
    reason: str | None,
    *,
    every_version: bool = False,
    dry_run: bool = False,
    as_json: bool = False,
) -> int:
    """Withdraw what `wanted` means for that reason, or put it back without one.

    Returns the exit code; `ingest.withdrawals.find` says what words may mean.
    """
    tables = {
        (table.source, table.name): table
        for table in load_catalog().tables
        if isinstance(table.origin, FilesOrigin | LinesOrigin)
    }
    found = _first_look(chosen, wanted, set(tables), every_version)
    if not found.contents:
        complain(f"entrepot withdraw: {_none(wanted, found)}")
        return 2
    schemas = {tables[content.source, content.table].schema for content in found.contents}
    own = {key for key, table in tables.items() if table.schema in schemas}
    log = RunLog(new_run_id(), LOG_DIR)
    outcome: Outcome | None = None
    try:
        with dataset_lock(chosen, schemas, run_id=log.run_id, on_loss=_end) as lock:
            try:
                with lock.transaction() as cursor:
                    found = withdrawals.find(cursor, wanted, own, every_version=every_version)
                    outcome = _sorted_out(found, log.run_id, reason, dry_run)
                    if not as_json:
                        print(telling.listed(outcome), flush=True)
                    lines = _act(cursor, outcome)
                    log.insert(cursor, lines)
                    outcome.falling = fallbacks(cursor, outcome.acted)
                    if dry_run:
                        raise _Rehearsed
                log.keep(lines)
            except _Rehearsed:
                pass
    except (Locked, LockLost) as error:
        complain(f"entrepot withdraw: {error}")
        return 1
    finally:
        log.close()
    assert outcome is not None
    print(telling.as_json(outcome) if as_json else f"\n{telling.said(outcome)}".rstrip())
    if not outcome.acted and not outcome.settled:
        complain(
            f"entrepot withdraw: {wanted} was purged past its retention: its rows are gone, there"
            " is nothing to take out or to put back."
        )
        return 2
    return 0


def _first_look(
    chosen: Warehouse, wanted: str, tables: Collection[withdrawals.Key], every_version: bool
) -> Found:
    opened = connect(chosen, role=LOADER_ROLE)
    try:
        with transaction(opened) as cursor:
            return withdrawals.find(cursor, wanted, tables, every_version=every_version)
    finally:
        opened.close()


def _none(wanted: str, found: Found) -> str:
    if not found.unlanded:
        return f"no delivered file is called {wanted}: etl.file_ledger has their paths."
    statuses = Counter(found.unlanded.values())
    said = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    return f"{wanted} has never landed ({said}): there is nothing to take out."


def _sorted_out(found: Found, run_id: str, reason: str | None, dry_run: bool) -> Outcome:
    living = [content for content in found.contents if not content.is_purged]
    acted = [content for content in living if content.is_withdrawn == (reason is None)]
    return Outcome(
        run_id=run_id,
        reason=reason,
        dry_run=dry_run,
        acted=acted,
        settled=[content for content in living if content not in acted],
        purged=[content for content in found.contents if content.is_purged],
        earlier=found.earlier,
    )


def _act(cursor: Cursor, outcome: Outcome) -> list[Line]:
    """Change the ledger; returns a line of the run log for each table."""
    if not outcome.acted:
        return []
    if outcome.reason is None:
        outcome.returned = withdrawals.put_back(cursor, outcome.acted)
    else:
        outcome.returned = withdrawals.withdraw(cursor, outcome.acted, outcome.reason)
    rows: Counter[tuple[str, str]] = Counter()
    for content in outcome.acted:
        rows[content.source, content.table] += content.rows
    return [
        Line("withdraw", "ok", source=source, table_name=table, rows=count)
        for (source, table), count in sorted(rows.items())
    ]


def _end() -> None:
    # Another run may hold the lock by now, and a transaction in another thread cannot be stopped.
    complain("entrepot withdraw: the connection that held the lock was lost; it ends here.")
    os._exit(1)
