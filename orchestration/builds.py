"""dbt in a subprocess, one build at a time.

The advisory lock is held here, on a connection of its own, for as long as dbt runs; a bare
`dbt build` knows nothing of it and is kept out by the lease (`macros/lease.sql`), which the
dbt of this module takes as well. (A page named dbt.py here would stand before dbt itself: Prefect
puts the folder of the flows on the path.)
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest.lock import Locked
from ingest.settings import ROOT, TRANSFORMER_ROLE, Warehouse, child_environment
from ingest.warehouse import connect, one_value, transaction

LOCK = "entrepot dbt"
_TAKE_LEASE = """
    lock table etl.dbt_lease in share row exclusive mode;
    delete from etl.dbt_lease
    where not exists (
        select from pg_stat_activity as session
        where
            session.datname = current_database()
            and session.application_name = 'entrepot lease ' || dbt_lease.invocation_id
    );
    insert into etl.dbt_lease (invocation_id, command)
    select %(holder)s, 'entrepot'
    where not exists (select from etl.dbt_lease)
"""


@contextmanager
def writers_lock(warehouse: Warehouse) -> Iterator[None]:
    """Hold the lock of the builds; wait, saying so, while another command has it."""
    opened = connect(warehouse, autocommit=True)
    try:
        with opened.cursor() as cursor:
            cursor.execute("set lock_timeout = 0; set statement_timeout = 0")
            cursor.execute("select pg_try_advisory_lock(hashtext(%s))", (LOCK,))
            if not one_value(cursor):
                print("Another build is running; waiting for its end …", file=sys.stderr)
                cursor.execute("select pg_advisory_lock(hashtext(%s))", (LOCK,))
        yield
    finally:
        opened.close()


@contextmanager
def lease(warehouse: Warehouse, holder: str) -> Iterator[None]:
    """Hold the lease of a bare `dbt build` for the block, which keeps any other dbt out.

    Not around our own dbt, which takes it by itself (macros/lease.sql says how it lives).

    Raises:
        Locked: a build is writing.
    """
    opened = connect(warehouse, role=TRANSFORMER_ROLE, autocommit=True)
    try:
        with opened.cursor() as cursor:
            cursor.execute("set idle_session_timeout = 0")
            cursor.execute(
                "select set_config('application_name', %s, false)", (f"entrepot lease {holder}",)
            )
        opened.autocommit = False
        with transaction(opened) as cursor:
            cursor.execute(_TAKE_LEASE, {"holder": holder})
            cursor.execute("select min(invocation_id) from etl.dbt_lease")
            holds = one_value(cursor)
        if holds != holder:
            raise Locked(
                f"another build is writing to this warehouse (invocation {holds}): wait for its"
                " end and run this one again."
            )
        try:
            yield
        finally:
            with transaction(opened) as cursor:
                cursor.execute("delete from etl.dbt_lease where invocation_id = %s", (holder,))
    finally:
        opened.close()


def dbt_command() -> str:
    """The dbt of this environment."""
    beside = Path(sys.executable).with_name("dbt.exe" if sys.platform == "win32" else "dbt")
    return str(beside) if beside.exists() else "dbt"


def run_dbt(
    warehouse: Warehouse, arguments: Sequence[str], *, run_id: str | None = None, lock: bool = True
) -> int:
    """Run `dbt <arguments>` on the warehouse's target and return its exit code.

    Args:
        run_id: the run that the lines of this build in etl.run_log belong to.
        lock: whether this command writes, and so must be the only one.
    """
    variables = child_environment(warehouse.target)
    if run_id:
        variables["ENTREPOT_RUN_ID"] = run_id
    command = [dbt_command(), *arguments]

    def call() -> int:
        return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode

    if not lock:
        return call()
    with writers_lock(warehouse):
        since = time.time()
        code = call()
        if arguments[0] == "build":
            # Imported now, since it reads the catalog; within the lock, since the next build
            # overwrites what dbt says of this one.
            from orchestration.failures.gathering import keep_failures

            keep_failures(warehouse, run_id=run_id, since=since)
        return code
