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

from ingest.settings import ROOT, Warehouse, child_environment
from ingest.warehouse import connect, one_value

LOCK = "entrepot dbt"


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
