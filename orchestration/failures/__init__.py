"""`entrepot failures`: the failed tests that have not passed since, and the keys behind them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from ingest.catalog import load_catalog
from ingest.settings import LOADER_ROLE, SettingsError, Warehouse
from ingest.warehouse import connect, require_prepared, transaction
from orchestration.failures.gathering import keep_failures, read_artifact
from orchestration.failures.model import Kept
from orchestration.failures.project import Project
from orchestration.failures.telling import as_json, as_table, keys_as_table

__all__ = ["keep_failures", "kept_failures", "run_failures"]

# The last failure of each test, unless it has passed since: dbt leaves a line for each, whoever
# started it.
_LAST = """
with last as (
    select distinct on (test)
        test, model, status, failed_rows, failed_at, run_id, invocation_id, note
    from etl.test_failures
    where place = 0
    order by test, failed_at desc
)

select
    last.test, last.model, last.status, last.failed_rows, last.failed_at, last.run_id, last.note,
    array(
        select rows.key from etl.test_failures as rows
        where
            rows.invocation_id = last.invocation_id and rows.test = last.test and rows.place > 0
        order by rows.place
    ) as keys
from last
where
    not exists (
        select 1 from etl.run_log as line
        where
            line.source = 'dbt' and line.step = 'test' and line.status = 'ok'
            and line.table_name = left(last.test, 200) and line.logged_at > last.failed_at
    )
order by last.failed_at desc, last.test
"""


def run_failures(chosen: Warehouse, test: str | None, *, limit: int, as_json_text: bool) -> int:
    """Show what has failed; returns 1 if something has, else 0.

    Args:
        test: a name, or a part of one that no other has; all by default.
        limit: how many keys are shown of a test.

    Raises:
        SettingsError: no failed test has that name, or several have, or the warehouse is not ready.
    """
    with closing(connect(chosen, role=LOADER_ROLE)) as opened:
        require_prepared(opened, chosen, [source.schema for source in load_catalog().sources])
    # After a bare `dbt build` nobody has looked yet.
    keep_failures(chosen)
    failures = kept_failures(chosen)
    if test:
        failures = [_the_one(failures, test)]
    manifest = read_artifact("manifest.json") if failures else {}
    project = Project(manifest, load_catalog()) if manifest else None
    if as_json_text:
        print(as_json(failures, project, limit))
    elif not failures:
        print("No test has failed that has not passed since.")
    else:
        print(as_table(failures, project))
        print(_keys_of(failures[0], limit) if test else _sum(failures))
    return int(bool(failures))


def kept_failures(chosen: Warehouse) -> list[Kept]:
    """The failed tests that have not passed since, the last one first."""
    with closing(connect(chosen, role=LOADER_ROLE)) as opened, transaction(opened) as cursor:
        cursor.execute(_LAST)
        return [Kept(*row) for row in cursor.fetchall()]


def _the_one(failures: Sequence[Kept], test: str) -> Kept:
    exact = [one for one in failures if one.test == test]
    like = exact or [one for one in failures if test in one.test]
    if len(like) == 1:
        return like[0]
    names = ", ".join(one.test for one in like or failures) or "none"
    why = "several tests that failed have it in their name" if like else "no such test has failed"
    raise SettingsError(f"{test}: {why} ({names})")


def _keys_of(one: Kept, limit: int) -> str:
    if not one.keys:
        return f"No keys: {one.note}."
    shown = min(limit, len(one.keys))
    of = f"{len(one.keys)} kept" + (f" of {one.rows:,}" if one.rows else "")
    more = f" --limit {len(one.keys)} shows them." if shown < len(one.keys) else ""
    lines = [
        "",
        f"{one.failed_at:%Y-%m-%d %H:%M} UTC, run {one.run_id}",
        f"Keys of {one.model or 'what it reads'}:",
        "",
        keys_as_table(one, limit),
        "",
        f"{shown} shown, {of}.{more}",
    ]
    return "\n".join(lines)


def _sum(failures: Sequence[Kept]) -> str:
    failed = sum(one.status != "warn" for one in failures)
    return (
        f"{failed} failed, {len(failures) - failed} warned."
        " `entrepot failures TEST` names the rows."
    )
