"""dbt's part of a run in one interpreter: build, freshness, docs on a project read once.

    python -m orchestration.dbt_session [--freshness SELECTORS] [--docs FOLDER] -- build ...

Starting dbt and reading the project take longer than most builds of what is new: here they are
paid once. After `--` stands the dbt command that writes, if there is one. Exit codes are dbt's: 0
all well, 1 a node failed, 2 dbt could not do it. Sources that are not fresh are no failure: who
called reads target/sources.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_entrepot import write_lines  # type: ignore[import-untyped]

from ingest.console import complain
from ingest.settings import LOG_DIR, ROOT, SettingsError, Warehouse, environment, warehouse
from ingest.warehouse import WarehouseError, connect
from orchestration.changes import project_fingerprint


class Lease:
    """The open session that dbt's lease lives by (see macros/lease.sql), named when dbt has named
    its invocation. The plugin opens it while the project is read, which here happens before.
    """

    def __init__(self, home: Warehouse):
        self._session = connect(home, autocommit=True)
        self.invocation_id: str | None = None

    def hear(self, event: Any) -> None:
        """dbt's events carry the name of the invocation, the first ones before any node runs."""
        if event.info.invocation_id in (None, "", self.invocation_id):
            return
        self.invocation_id = event.info.invocation_id
        with self._session.cursor() as cursor:
            cursor.execute("set idle_session_timeout = 0")
            cursor.execute(
                "select set_config('application_name', %s, false)",
                (f"entrepot lease {self.invocation_id}",),
            )

    def close(self) -> None:
        self._session.close()


def _code(ended: dbtRunnerResult) -> int:
    """dbt's own exit code for what came of a command."""
    if ended.exception is not None:
        return 2
    return 0 if ended.success else 1


def _write(manifest: Any, home: Warehouse, command: Sequence[str]) -> int:
    """Run the command that writes, under a lease of its own."""
    with closing(Lease(home)) as lease:
        ended = dbtRunner(manifest=manifest, callbacks=[lease.hear]).invoke(list(command))
        target = Path(environment().get("DBT_TARGET_PATH") or ROOT / "target")
        write_lines(target, LOG_DIR, lease.invocation_id or "")
    return _code(ended)


def _recall(nodes: Sequence[Any], page: Path) -> bool:
    """Take over the compiled SQL of the pages that were made from this same project.

    Returns:
        whether all nodes have theirs now.
    """
    if not page.exists():
        return False
    held = json.loads(page.read_bytes())["nodes"]
    for node in nodes:
        node.compiled_code = held.get(node.unique_id, {}).get("compiled_code")
        node.compiled = node.compiled_code is not None
    return all(node.compiled for node in nodes)


def _document(manifest: Any, folder: Path) -> int:
    """Write dbt's pages into the folder; what the build has compiled is not compiled again."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [
        node
        for node in manifest.nodes.values()
        if node.resource_type in ("model", "test", "snapshot") and not node.compiled
    ]
    stamp, made_from = folder / "made-from", project_fingerprint()
    same = stamp.exists() and stamp.read_text() == made_from
    compiled = not missing or (same and _recall(missing, folder / "manifest.json"))
    stamp.unlink(missing_ok=True)
    if compiled:
        # dbt writes a manifest only where it reads or compiles the project itself.
        manifest.write(str(folder / "manifest.json"))
    arguments = ["--quiet", "docs", "generate", "--static", "--target-path", str(folder)]
    arguments += ["--no-compile"] if compiled else []
    code = _code(dbtRunner(manifest=manifest).invoke(arguments))
    if not code:
        stamp.write_text(made_from)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for and return the worst exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    at = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(prog="dbt_session", description=__doc__)
    parser.add_argument("--freshness", metavar="SELECTORS")
    parser.add_argument("--docs", type=Path, metavar="FOLDER")
    # What prefect-dbt appends to every command; the environment says the same.
    parser.add_argument("--profiles-dir", help=argparse.SUPPRESS)
    wanted, command = parser.parse_args(given[:at]), given[at + 1 :]
    # The target is that of the environment, as for a bare dbt (see child_environment).
    parsed = dbtRunner().invoke(["--quiet", "parse"])
    if not parsed.success:
        return 2
    codes = [0]
    if command:
        codes.append(_write(parsed.result, warehouse(), command))
    if wanted.freshness:
        # A stale source is news for the caller, not a failure of this program.
        asked = ["--quiet", "source", "freshness", "--select", wanted.freshness]
        dbtRunner(manifest=parsed.result).invoke(asked)
    if wanted.docs and max(codes) < 2:
        codes.append(_document(parsed.result, wanted.docs))
    return max(codes)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (SettingsError, WarehouseError) as error:
        complain(f"dbt: {error}")
        sys.exit(2)
    except psycopg2.Error as error:
        complain(f"dbt: the database refused: {str(error).strip().splitlines()[0]}")
        sys.exit(2)
