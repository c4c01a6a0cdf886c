"""What the house itself keeps for a while: logs, reports, failed tests, validations, leftovers.

How long is a setting (docs/privacy.md); rows past their retention are orchestration/purge.py's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import psycopg2
from tabulate import tabulate

from ingest.catalog import Duration
from ingest.catalog.grammar import duration
from ingest.files.scratch import remove_leftovers
from ingest.privacy.ageing import purge_files
from ingest.runlog import RunLog
from ingest.settings import LOADER_ROLE, LOG_DIR, ROOT, STATE_DIR, SettingsError, Warehouse
from ingest.warehouse import connect, transaction
from orchestration import report_page

# The system that Entrepôt replaces kept its logs for so long.
KEPT = "30d"
KEEP_LOGS, KEEP_REJECTS = "ENTREPOT_KEEP_LOGS", "ENTREPOT_KEEP_REJECTS"
# Of each step of each table so many lines stay, however old: the last load of a quiet table, and
# the loads before it that the next one is compared with, are read from them.
LINES_KEPT = 100
_OLD_LINES = """
select logged_at, ctid as place from (
    select
        logged_at, ctid,
        row_number() over (
            partition by source, table_name, step, status, coalesce(rows, 0) > 0
            order by logged_at desc
        ) as recency
    from etl.run_log
) as lines
where logged_at < %(before)s and recency > %(kept)s
"""
# Counts rows and their bytes; deletes them.
Statements = tuple[str, str]
RUN_LOG: Statements = (
    "select count(*), coalesce(sum(pg_column_size(line.*)), 0) from etl.run_log as line"
    f" where line.ctid in (select place from ({_OLD_LINES}) as old)",
    f"delete from etl.run_log where ctid in (select place from ({_OLD_LINES}) as old)",
)
TEST_FAILURES: Statements = (
    "select count(*), coalesce(sum(pg_column_size(line.*)), 0) from etl.test_failures as line"
    " where failed_at < %(before)s",
    "delete from etl.test_failures where failed_at < %(before)s",
)
VALIDATION: Statements = (
    "select count(*), coalesce(sum(pg_column_size(line.*)), 0) from etl.validation as line"
    " where checked_at < %(before)s",
    "delete from etl.validation where checked_at < %(before)s",
)
REJECTS: Statements = (
    "select count(*), coalesce(sum(pg_column_size(line.*)), 0) from etl.rejects as line"
    " where rejected_at < %(before)s",
    "delete from etl.rejects where rejected_at < %(before)s",
)


@dataclass(frozen=True, slots=True)
class Aged:
    """What was too old of one kind of thing: files, folders or rows, and their bytes."""

    what: str
    before: datetime
    count: int = 0
    bytes: int = 0
    failure: str | None = None


def ages(variables: Mapping[str, str], older_than: str | None) -> tuple[Duration, Duration | None]:
    """How long logs and the like are kept, and rejects (None: as long as their rows).

    Args:
        older_than: stands for the age of logs and the like, this once.

    Raises:
        SettingsError: one of them is no duration.
    """
    logs = _read("--older-than", older_than) if older_than else None
    rejects = variables.get(KEEP_REJECTS, "").strip()
    return (
        logs or _read(KEEP_LOGS, variables.get(KEEP_LOGS, "").strip() or KEPT),
        _read(KEEP_REJECTS, rejects) if rejects else None,
    )


def _read(name: str, text: str) -> Duration:
    try:
        return duration(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


def purge_old(
    chosen: Warehouse,
    log: RunLog,
    variables: Mapping[str, str],
    now: datetime,
    *,
    older_than: str | None = None,
    dry_run: bool = False,
) -> list[Aged]:
    """Take out, or count, what is too old at `now`; each kind leaves a line in etl.run_log.

    Raises:
        SettingsError: an age is no duration.
    """
    kept, rejects_kept = ages(variables, older_than)
    before = kept.before(now)
    dbt_logs = (ROOT / (variables.get("DBT_LOG_PATH") or "logs")).resolve()
    files = partial(purge_files, dry_run=dry_run)
    rows = partial(_rows, chosen, dry_run=dry_run)
    leftovers = partial(remove_leftovers, STATE_DIR / "runs", dry_run=dry_run)
    work: list[tuple[str, datetime, Callable[[], tuple[int, int]]]] = [
        ("log files", before, lambda: files(LOG_DIR, before, "*.jsonl")),
        ("logs of dbt", before, lambda: files(dbt_logs, before, "dbt.log*")),
        ("lines of etl.run_log", before, lambda: rows(RUN_LOG, before)),
        ("failed tests", before, lambda: rows(TEST_FAILURES, before)),
        ("validations", before, lambda: rows(VALIDATION, before)),
        ("reports", before, lambda: files(report_page.FOLDER, before, "*.html")),
        ("folders of dead runs", before, lambda: leftovers(before.timestamp())),
    ]
    if rejects_kept:
        cut = rejects_kept.before(now)
        work.append(("rejects", cut, lambda: rows(REJECTS, cut)))
    done = []
    for what, moment, take_out in work:
        began = time.monotonic()
        aged = _done(what, moment, take_out)
        done.append(aged)
        if not dry_run:
            _note(chosen, log, aged, time.monotonic() - began)
    return done


def _done(what: str, before: datetime, take_out: Callable[[], tuple[int, int]]) -> Aged:
    try:
        count, size = take_out()
    except (OSError, psycopg2.Error) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        return Aged(what, before, failure=f"{what}: {said[0]}")
    return Aged(what, before, count, size)


def _rows(
    chosen: Warehouse, statements: Statements, before: datetime, *, dry_run: bool
) -> tuple[int, int]:
    asked = {"before": before, "kept": LINES_KEPT}
    with closing(connect(chosen, role=LOADER_ROLE)) as opened, transaction(opened) as cursor:
        cursor.execute(statements[0], asked)
        count, size = cursor.fetchone() or (0, 0)
        if count and not dry_run:
            cursor.execute(statements[1], asked)
    return int(count), int(size)


def _note(chosen: Warehouse, log: RunLog, aged: Aged, seconds: float) -> None:
    log.add(
        "purge",
        "failed" if aged.failure else "ok",
        table_name=aged.what,
        rows=aged.count,
        bytes=aged.bytes,
        seconds=round(seconds, 3),
        error=aged.failure,
    )
    with closing(connect(chosen, role=LOADER_ROLE)) as opened:
        with transaction(opened) as cursor:
            waiting = log.insert_waiting(cursor)
        log.written(waiting)


def as_table(done: Sequence[Aged]) -> str:
    """What was too old of each kind of thing, for 80 columns."""
    return tabulate(
        [
            (
                one.what,
                f"{one.before:%Y-%m-%d %H:%M}",
                "failed" if one.failure else f"{one.count:,}",
                size_of(one.bytes),
            )
            for one in done
        ],
        headers=("what", "older than", "how many", "bytes"),
        colalign=("left", "left", "right", "right"),
        disable_numparse=True,
    )


def size_of(count: int) -> str:
    """A number of bytes for a person: `1.4 MB`."""
    size, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.0f} {units[0]}" if units[0] == "B" else f"{size:.1f} {units[0]}"
