"""The rows behind the failed tests of the last build, asked for once more and kept by their keys.

dbt's own `store_failures` copies whole rows, personal columns included, into a schema of its own.
Here the SQL that dbt compiled is asked again with dbt's rights, within limits of time and number,
and of what it gives only key columns are kept. `entrepot build` and `entrepot run` do it at their
end, since the next build overwrites what dbt says of this one; after a bare `dbt build` it is done
when somebody asks.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json, execute_values

from ingest.catalog import load_catalog
from ingest.console import complain
from ingest.settings import LOADER_ROLE, TRANSFORMER_ROLE, Warehouse
from ingest.warehouse import connect, transaction
from orchestration.failures.model import FAILED, Failure, Found
from orchestration.failures.project import DECLARED, NOT_NULL, VALUES, Project, kind_of
from orchestration.results import dbt_target

# Of each test at most so many rows are named, and so long is it asked; all of them together.
MOST_KEYS = 100
TEST_SECONDS = 30
ALL_SECONDS = 300.0
# A key is short: what is longer is something else.
LONGEST = 120
_RELATION = re.compile(r'"([^"]+)"\."[^"]+"\."[^"]+"')


def keep_failures(
    chosen: Warehouse,
    *,
    run_id: str | None = None,
    since: float = 0.0,
    seconds: float = ALL_SECONDS,
) -> None:
    """Keep the keys behind the failed tests of the last build, once; never fails a build.

    Args:
        run_id: the run that the build belonged to; by default the build stands for itself.
        since: nothing is done about a build that ended before (seconds of the epoch).
        seconds: after which time no further test is asked.
    """
    try:
        results = read_artifact("run_results.json", since)
        failures = failed_tests(results, chosen.dbname)
        if failures:
            invocation = str(results["metadata"]["invocation_id"])
            _keep(chosen, invocation, run_id or invocation, failures, min(seconds, ALL_SECONDS))
    except (psycopg2.Error, OSError, ValueError, KeyError) as error:
        # Not its message, which may quote a value of a row.
        complain(f"entrepot: the rows behind failed tests were not kept ({type(error).__name__})")


def read_artifact(name: str, since: float = 0.0) -> dict[str, Any]:
    """A page of dbt's target folder; empty if it is not there, or was written before `since`."""
    path = dbt_target() / name
    if not path.exists() or path.stat().st_mtime < since:
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def failed_tests(results: Mapping[str, Any], database: str) -> list[Failure]:
    """The failed data tests of a build on this database; none of a build on another one."""
    found = []
    for result in results.get("results", ()):
        kind, _, name = str(result["unique_id"]).split(".")[:3]
        if kind != "test" or result["status"] not in FAILED:
            continue
        asked = result.get("compiled_code") or ""
        if any(other != database for other in _RELATION.findall(asked)):
            return []
        found.append(
            Failure(
                test=name,
                status=result["status"],
                sql=asked if result["status"] != "error" else "",
                rows=result.get("failures"),
                failed_at=_ended(result, results["metadata"]),
                node={"unique_id": result["unique_id"]},
            )
        )
    return found


def _ended(result: Mapping[str, Any], metadata: Mapping[str, Any]) -> datetime:
    """When a node ended, as macros/run_log.sql has it."""
    moments = [part["completed_at"] for part in result["timing"] if part.get("completed_at")]
    said = moments[-1] if moments else metadata["generated_at"]
    return datetime.fromisoformat(said.replace("Z", "+00:00")).astimezone(UTC)


def _keep(
    chosen: Warehouse,
    invocation: str,
    run_id: str,
    failures: Sequence[Failure],
    seconds: float,
) -> None:
    with closing(connect(chosen, role=LOADER_ROLE)) as kept:
        with kept.cursor() as cursor:
            cursor.execute(
                "select 1 from etl.test_failures where invocation_id = %s limit 1", (invocation,)
            )
            if cursor.fetchone():
                return
        project = Project(read_artifact("manifest.json"), load_catalog())
        lines: list[tuple[Any, ...]] = []
        deadline = time.monotonic() + seconds
        with closing(connect(chosen, role=TRANSFORMER_ROLE)) as asking:
            asking.set_session(readonly=True)
            for failure in failures:
                found = keys_of(asking, project, failure, deadline)
                whole = (found.model, failure.status, failure.rows, failure.failed_at)
                of_test = (invocation, run_id, failure.test)
                lines.append((*of_test, 0, *whole, None, found.note))
                lines += [
                    (*of_test, place, *whole, Json(key), None)
                    for place, key in enumerate(found.keys, start=1)
                ]
        with transaction(kept) as cursor:
            execute_values(
                cursor,
                "insert into etl.test_failures (invocation_id, run_id, test, place, model, status,"
                " failed_rows, failed_at, key, note) values %s on conflict do nothing",
                lines,
            )


def keys_of(asking: Connection, project: Project, failure: Failure, deadline: float) -> Found:
    """The keys of the rows behind one failure.

    Args:
        asking: a connection that only reads, with dbt's rights.
        deadline: of the monotonic clock; nothing is asked after it.
    """
    node = project.nodes.get(failure.node["unique_id"], {})
    tested = project.tested(node)
    model = tested["name"] if tested else None
    if not failure.sql:
        return Found(model, note="the test itself could not be asked: `etl.run_log` says why")
    if not node:
        return Found(model, note="the project no longer has this test")
    left = min(TEST_SECONDS, deadline - time.monotonic())
    if left <= 0:
        return Found(model, note="not asked: the time for all tests was over")
    try:
        with asking.cursor() as cursor:
            cursor.execute(
                "select set_config('statement_timeout', %s, true)", (f"{int(left * 1000)}ms",)
            )
            query = _query(cursor, project, node, tested, failure.sql)
            if query is None:
                return Found(model, note="none of its columns is a key")
            cursor.execute(query)
            keys = [_shortened(row) for (row,) in cursor.fetchall()]
    except psycopg2.errors.QueryCanceled:
        return Found(model, note=f"asking once more took longer than {TEST_SECONDS} s")
    except psycopg2.Error as error:
        # Its name, never its message: that may quote a value.
        return Found(model, note=f"could not be asked once more ({type(error).__name__})")
    finally:
        asking.rollback()
    more = "only the first rows are named" if len(keys) == MOST_KEYS else None
    return Found(model, keys, note=more if keys else "no row of it is there any more")


def _query(
    cursor: Any,
    project: Project,
    node: Mapping[str, Any],
    tested: Mapping[str, Any] | None,
    asked: str,
) -> sql.Composable | None:
    """The keys of the rows that a test finds: from what it selects, or from what it is about."""
    kind = kind_of(node)
    if tested is not None and kind in (NOT_NULL, *VALUES):
        columns = project.kept_of(tested)
        of = sql.SQL("(select * from {} as tested where {} and {}) as failing").format(
            sql.SQL(tested["relation_name"]),
            sql.SQL(node["config"].get("where") or "true"),
            sql.SQL(_is_behind(node, kind or "", asked)),
        )
    else:
        cursor.execute(sql.SQL("select * from ({}\n) as failing limit 0").format(sql.SQL(asked)))
        declared = (node["config"].get("meta") or {}).get(DECLARED) or []
        columns = [
            column.name
            for column in cursor.description
            if column.name in declared or column.name in project.key_names
        ]
        of = sql.SQL("({}\n) as failing").format(sql.SQL(asked))
    if not columns:
        return None
    return sql.SQL(
        "select to_jsonb(keys.*) from (select distinct {} from {} order by {} limit {}) as keys"
    ).format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        of,
        sql.SQL(", ").join(sql.SQL(str(place)) for place in range(1, len(columns) + 1)),
        sql.Literal(MOST_KEYS),
    )


def _is_behind(node: Mapping[str, Any], kind: str, asked: str) -> str:
    """Whether a row of what is tested is one of those that a test of dbt's own complains of."""
    column = node["test_metadata"]["kwargs"]["column_name"]
    if kind == NOT_NULL:
        return f"({column}) is null"
    return f"({column}) in (select {VALUES[kind]} from ({asked}\n) as found)"


def _shortened(key: Mapping[str, Any]) -> dict[str, Any]:
    """A key without what is too long to be one."""
    return {
        name: "(too long to be a key)" if isinstance(value, str) and len(value) > LONGEST else value
        for name, value in key.items()
    }
