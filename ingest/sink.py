"""Where the rows of delivered files go, as whoever reads them sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pyarrow as pa

from ingest.catalog import Table
from ingest.files.growing import Beginning
from ingest.package import Reading


class Sink(Protocol):
    """Where what was read goes: the landing, or a report of what landing would do."""

    run_id: str

    def columns(self, table: Table) -> tuple[str, ...]: ...

    def has_landed(self, file_id: str) -> bool: ...

    def is_purged(self, file_id: str) -> bool: ...

    def beginning(
        self, table: Table, logical_name: str, file_id: str, path: Path, *, has_landed: bool
    ) -> Beginning | None: ...

    def add(self, table: Table, file_id: str, batch: pa.RecordBatch, *, replace: bool) -> None: ...

    def complete(self, reading: Reading) -> None: ...

    def drop(self) -> None: ...
