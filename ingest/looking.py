"""What a reading would come to: a sink of deliveries that keeps no row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from psycopg2.extensions import connection as Connection

from ingest import chains, ledger
from ingest.catalog import Table
from ingest.files import growing
from ingest.files.growing import Beginning
from ingest.raw_tables import LINEAGE, declared_columns


@dataclass(slots=True)
class Looking:
    """Reads every file as if nothing had landed; a log goes on from what has.

    Who looks says in `complete` what is kept of each reading.
    """

    run_id: str
    opened: Connection

    def columns(self, table: Table) -> tuple[str, ...]:
        """Those that are declared: the raw table need not be there."""
        return tuple(name for name in declared_columns(table) if name not in LINEAGE)

    def has_landed(self, file_id: str) -> bool:
        """Never: what has landed is looked at as well."""
        return False

    def is_purged(self, file_id: str) -> bool:
        """Never."""
        return False

    def beginning(
        self, table: Table, logical_name: str, file_id: str, path: Path, *, has_landed: bool
    ) -> Beginning | None:
        """The landed content that a log goes on from, if there is one."""
        with self.opened, self.opened.cursor() as cursor:
            landed = bool(ledger.landed_among(cursor, [file_id]))
            found = chains.beginnings(
                cursor, table.source, table.name, logical_name, file_id, has_landed=landed
            )
        return growing.beginning(path, found)

    def add(self, table: Table, file_id: str, batch: pa.RecordBatch, *, replace: bool) -> None:
        """Let the rows go."""

    def drop(self) -> None:
        """There is nothing to drop."""
