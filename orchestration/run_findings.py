"""What a run found wrong, in the words of an alert. No line holds a secret or a value of a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ingest.catalog import Table
from ingest.settings import Warehouse
from ingest.warehouse import connect
from orchestration.findings import Finding

if TYPE_CHECKING:
    from orchestration.run import Outcome

# The kinds that every run looks at.
KINDS = frozenset(
    {
        *("run_failed", "source_failed", "load_failed", "file_failed"),
        *("build_failed", "test_failed", "validation"),
    }
)
# Of each table the last attempt counts.
LOADS = """
with lines as (
    select
        source, table_name, status, error, logged_at,
        rank() over (partition by source, table_name order by attempt desc) as recency
    from etl.run_log
    where
        run_id = %s and table_name is not null and source <> 'dbt'
        and step in ('extract', 'load') and status in ('ok', 'warn', 'failed')
)

select distinct on (source, table_name) source, table_name, error
from lines
where recency = 1 and status = 'failed'
order by source, table_name, logged_at
"""
FILES = """
select source || '.' || table_name as subject, count(*), min(path), min(reason)
from etl.file_ledger
where status = 'failed' and table_name is not null
group by 1
"""


def findings_of(outcome: Outcome, home: Warehouse, tables: Sequence[Table]) -> list[Finding]:
    """Everything that is wrong after this run: of the run itself, its tables, files and models."""
    found = [*_run_itself(outcome), *_build(outcome), *_validation(outcome)]
    keys = {table.key for table in tables}
    opened = connect(home, autocommit=True)
    try:
        with opened.cursor() as cursor:
            cursor.execute(LOADS, (outcome.run_id,))
            loads = {f"{source}.{table}": error for source, table, error in cursor.fetchall()}
            outcome.failed_tables = tuple(loads)
            cursor.execute(FILES)
            files = {row[0]: row[1:] for row in cursor.fetchall() if row[0] in keys}
    finally:
        opened.close()
    # A file that failed is told as a file, and a source that did not answer once for its tables.
    loads = {key: error for key, error in loads.items() if key not in files}
    for source, error in _silent_sources(loads):
        own = [key for key in loads if key.startswith(f"{source}.") and loads[key] == error]
        found.append(_source(outcome, source, error, own))
        for key in own:
            del loads[key]
    found += [_load(outcome, key, error) for key, error in loads.items()]
    found += [_file(outcome, key, *values) for key, values in files.items()]
    return found


def _silent_sources(loads: Mapping[str, str]) -> list[tuple[str, str]]:
    """The sources of which several tables failed for one reason, and the reason."""
    counts = Counter((key.partition(".")[0], error) for key, error in loads.items())
    return [about for about, count in counts.items() if count > 2]


def subjects_of(outcome: Outcome, tables: Sequence[Table]) -> set[str]:
    """What this run has looked at: an alert about anything else is left as it is."""
    looked_at = {outcome.job.name} | {table.key for table in tables}
    looked_at |= {table.source for table in tables}
    return looked_at | {node.name for node in outcome.built.nodes if node.status != "skipped"}


def _run_itself(outcome: Outcome) -> Iterator[Finding]:
    """The run as such: a step that failed without a table, a model or a count to blame."""
    for step in outcome.steps:
        blamed = {
            "ingest": bool(outcome.ingest.get("tables") is not None),
            "build": bool(outcome.built.bad),
            "validate": True,
        }.get(step.name, False)
        if step.status == "failed" and (not blamed or "time was over" in step.note):
            yield Finding(
                kind="run_failed",
                severity="critical",
                subject=outcome.job.name,
                message=f"the run {outcome.job.name} stopped at {step.name}",
                todo="run `entrepot preflight`, then `entrepot run`: it goes on from there",
                run_id=outcome.run_id,
                error=step.note,
            )


def _load(outcome: Outcome, key: str, error: str) -> Finding:
    critical = bool(outcome.ingest.get("stopped"))
    return Finding(
        kind="load_failed",
        severity="critical" if critical else "warning",
        subject=key,
        message=f"{key} did not land; it holds what it held before",
        todo=f"run `entrepot preflight {key}`, mend it, then `entrepot run --select {key}`",
        run_id=outcome.run_id,
        error=error,
    )


def _source(outcome: Outcome, source: str, error: str, keys: Sequence[str]) -> Finding:
    return Finding(
        kind="source_failed",
        severity="critical",
        subject=source,
        message=f"{len(keys)} tables of {source} did not land; they hold what they held before",
        todo=f"run `entrepot preflight {source}`, mend it, then `entrepot run --select {source}`",
        run_id=outcome.run_id,
        error=error,
    )


def _file(outcome: Outcome, key: str, count: int, path: str, reason: str) -> Finding:
    more = f" and {count - 1} more" if count > 1 else ""
    return Finding(
        kind="file_failed",
        severity="warning",
        subject=key,
        message=f"{key}: {path} was refused{more}; the other files landed",
        todo="ask the sender for a whole file; the next run takes it",
        run_id=outcome.run_id,
        error=reason,
    )


def _build(outcome: Outcome) -> Iterator[Finding]:
    for node in outcome.built.bad:
        is_test = node.kind == "test"
        yield Finding(
            kind="test_failed" if is_test else "build_failed",
            severity="critical",
            subject=node.name,
            message=f"the test {node.name} failed"
            if is_test
            else f"{node.name} was not built; readers see what it held before",
            todo=f"run `entrepot build --select {node.name}` and read what dbt says",
            run_id=outcome.run_id,
            error=node.message,
        )


def _validation(outcome: Outcome) -> Iterator[Finding]:
    for key in sorted({item.table.key for item in outcome.compared if not item.is_equal}):
        wrong = [x for x in outcome.compared if x.table.key == key and not x.is_equal]
        yield Finding(
            kind="validation",
            severity="critical",
            subject=key,
            message=f"{key}: {wrong[0].check}: {wrong[0].found} where {wrong[0].expected} landed",
            todo=f"read etl.validation, then `python ingest/run_all.py --rehash --select {key}`",
            run_id=outcome.run_id,
        )
