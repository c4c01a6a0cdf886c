"""What every dbt command of this project does besides dbt's own work, bare `dbt build` included.

dbt loads each importable module named `dbt_*` as a plugin; set-up puts this folder on the path of
the project's environment. The plugin

- settles the client encoding and the time zone of dbt's connections, which a stray PGCLIENTENCODING
  or PGTZ would change, and where the certificates are that they trust,
- keeps one session open for the life of the process, named after the invocation: by it
  `macros/lease.sql` knows a live build from a dead one,
- writes what `macros/run_log.sql` puts into etl.run_log also into logs/<run_id>.jsonl, which can be
  read when the database cannot,
- spares Python's collector of cycles the hundred thousands of objects of a project, which live as
  long as the process: it took a fifth of the time of `dbt parse`.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbt.plugins.manager import dbt_hook, dbtPlugin
from dbt.plugins.manifest import PluginNodes

# A bare dbt may be called from anywhere.
sys.path.append(str(Path(__file__).resolve().parents[2]))
from ingest.certificates import trust_the_systems_certificates

WRITING = ("build", "run", "seed", "snapshot", "test", "clone", "retry")
STEPS = {
    "model": "build",
    "seed": "build",
    "snapshot": "snapshot",
    "test": "test",
    "unit_test": "test",
}
STATUSES = {"success": "ok", "pass": "ok", "warn": "warn", "skipped": "skipped"}

_session: Any = None  # open until the process ends, however it ends


class Entrepot(dbtPlugin):
    """Settings of dbt's connections, and the session behind its lease."""

    def initialize(self) -> None:
        """Called once, before dbt opens its first connection."""
        if self.project_name != "entrepot":
            return
        os.environ["PGCLIENTENCODING"] = "UTF8"
        os.environ["PGTZ"] = "UTC"
        trust_the_systems_certificates()
        gc.freeze()
        gc.set_threshold(200_000, 50, 100)

    @dbt_hook
    def get_nodes(self) -> PluginNodes:
        """Called when the project is loaded, once the target is known: opens the session."""
        global _session
        from dbt.adapters.factory import FACTORY
        from dbt.flags import get_flags
        from dbt_common.invocation import get_invocation_id

        adapter = FACTORY.adapters.get("postgres")
        if self.project_name != "entrepot" or get_flags().WHICH not in WRITING or adapter is None:
            return PluginNodes()
        import psycopg2

        credentials = adapter.config.credentials
        settings = {
            "host": credentials.host,
            "port": credentials.port,
            "dbname": credentials.database,
            "user": credentials.user,
            "password": credentials.password,
            "sslmode": credentials.sslmode,
            "sslrootcert": credentials.sslrootcert,
            "connect_timeout": credentials.connect_timeout,
            "keepalives_idle": 30,
            "application_name": f"entrepot lease {get_invocation_id()}",
            "options": "-c idle_session_timeout=0 -c timezone=UTC",
        }
        if _session is not None:
            _session.close()
        try:
            _session = psycopg2.connect(**{k: v for k, v in settings.items() if v is not None})
            _session.autocommit = True
        except (psycopg2.OperationalError, UnicodeDecodeError):
            # dbt is about to meet the same refusal and words it better.
            _session = None
        root = Path(adapter.config.project_root)
        atexit.register(
            write_lines, root / adapter.config.target_path, root / "logs", get_invocation_id()
        )
        return PluginNodes()


def write_lines(target: Path, logs: Path, invocation_id: str) -> None:
    """Write one line per node of this invocation to `logs/<run_id>.jsonl`.

    A line has the fields of etl.run_log. Of a message only the first two lines are kept: what
    follows in a database's DETAIL may quote values of a row.
    """
    try:
        made = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return  # dbt stopped before it ran a node: there is nothing to tell
    if made["metadata"].get("invocation_id") != invocation_id:
        return
    run_id = os.environ.get("ENTREPOT_RUN_ID") or invocation_id
    folder = Path(os.environ.get("ENTREPOT_LOG_DIR") or logs)
    folder.mkdir(parents=True, exist_ok=True)
    logged_at = datetime.now(UTC).isoformat()
    with (folder / f"{run_id}.jsonl").open("a", encoding="utf-8") as stream:
        for result in made["results"]:
            kind, name = result["unique_id"].split(".")[0], result["unique_id"].split(".")[2]
            if kind not in STEPS:
                continue
            status = STATUSES.get(result["status"], "failed")
            message = " ".join((result.get("message") or "").strip().splitlines()[:2])
            line = {
                "logged_at": logged_at,
                "run_id": run_id,
                "attempt": 1,
                "source": "dbt",
                "table_name": name,
                "step": STEPS[kind],
                "status": status,
                "rows": (result.get("adapter_response") or {}).get("rows_affected"),
                "bytes": None,
                "seconds": result.get("execution_time"),
                "error": message[:300] if status == "failed" else None,
            }
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")


plugins = [Entrepot]
