"""What every dbt command of this project does besides dbt's own work, bare `dbt build` included.

dbt loads each importable module named `dbt_*` as a plugin; set-up puts this folder on the path of
the project's environment. The plugin

- settles the client encoding and the time zone of dbt's connections, which a stray PGCLIENTENCODING
  or PGTZ would change,
- keeps one session open for the life of the process, named after the invocation: by it
  `macros/lease.sql` knows a live build from a dead one.
"""

from __future__ import annotations

import os
from typing import Any

from dbt.plugins.manager import dbt_hook, dbtPlugin
from dbt.plugins.manifest import PluginNodes

_session: Any = None  # open until the process ends, however it ends


class Entrepot(dbtPlugin):
    """Settings of dbt's connections, and the session behind its lease."""

    def initialize(self) -> None:
        """Called once, before dbt opens its first connection."""
        if self.project_name != "entrepot":
            return
        os.environ["PGCLIENTENCODING"] = "UTF8"
        os.environ["PGTZ"] = "UTC"

    @dbt_hook
    def get_nodes(self) -> PluginNodes:
        """Called when the project is loaded, once the target is known: opens the session."""
        global _session
        from dbt.adapters.factory import FACTORY
        from dbt.flags import get_flags
        from dbt_common.invocation import get_invocation_id

        writing = ("build", "run", "seed", "snapshot", "test", "clone", "retry")
        adapter = FACTORY.adapters.get("postgres")
        if self.project_name != "entrepot" or get_flags().WHICH not in writing or adapter is None:
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
        return PluginNodes()


plugins = [Entrepot]
