"""What was compared, in `etl.validation` and `etl.run_log`."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from ingest.runlog import RunLog
from ingest.validation.files import summary
from ingest.validation.model import Checked
from ingest.warehouse import transaction


def keep(warehouse: Connection, log: RunLog, checks: Sequence[Checked]) -> None:
    """Write each check, each period that differs and each difference; a line of the log for each.

    The line of the log counts: it names no key.
    """
    rows = [row for one in checks for row in _rows(log.run_id, one)]
    for one in checks:
        log.add(
            "validate",
            "ok" if one.is_equal else "failed",
            source=one.source,
            table_name=one.table,
            rows=one.found,
            seconds=round(one.seconds, 3),
            error=_told(one),
        )
    with transaction(warehouse) as cursor:
        execute_values(
            cursor,
            "insert into etl.validation (validation_id, run_id, source, table_name, check_name,"
            " period, expected, found, is_equal, detail, checked_at) values %s",
            rows,
            template="(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())",
            page_size=1_000,
        )
        waiting = log.insert_waiting(cursor)
    log.written(waiting)


def _told(one: Checked) -> str | None:
    if one.failure:
        return f"{one.check}: not compared: {one.failure}"
    return f"{one.check}: {summary(one.counts)}" if one.counts else None


def _rows(run_id: str, one: Checked) -> Iterator[tuple[Any, ...]]:
    def row(
        check: str, period: str | None, expected: Any, found: Any, is_equal: bool, detail: str
    ) -> tuple[Any, ...]:
        both = [None if value is None else str(value) for value in (expected, found)]
        identity = secrets.token_hex(16)
        return (identity, run_id, one.source, one.table, check, period, *both, is_equal, detail)

    rejected = f"{one.rejected} rejected" if one.rejected else ""
    said = one.failure or "; ".join(filter(None, (rejected, summary(one.counts))))
    yield row(one.check, None, one.expected, one.found, one.is_equal, said)
    for period in one.periods:
        detail = ", ".join(period.columns)
        yield row(one.check, period.name, period.expected, period.found, False, detail)
    for each in one.differences:
        is_fault = one.is_fault(each.heading)
        detail = ": ".join(filter(None, (each.key, ", ".join(each.columns), each.detail)))
        yield row(f"{one.check}: {each.heading}", each.period, None, None, not is_fault, detail)
