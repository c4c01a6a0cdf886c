"""One line for each backup and restore, whether it went well or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

import psycopg2

from ingest.lock import Locked, LockLost
from ingest.runlog import RunLog
from ingest.settings import LOADER_ROLE, Warehouse
from ingest.warehouse import WarehouseError, connect, transaction
from orchestration.backup.tools import BackupError


@dataclass(slots=True)
class Counted:
    """What was written or came back: rows, and bytes where they are known."""

    rows: int = 0
    size: int | None = None


@contextmanager
def noted(chosen: Warehouse, log: RunLog, step: Literal["backup", "restore"]) -> Iterator[Counted]:
    """Note how the block ended, in etl.run_log and in the file of the log; it says what it counted.

    A failure is in the file even where the warehouse does not take its line.
    """
    began = time.monotonic()
    counted = Counted()
    try:
        yield counted
    except (BackupError, Locked, LockLost, OSError, psycopg2.Error) as error:
        said = str(error).strip().splitlines()
        log.add(
            step, "failed", seconds=_since(began), error=said[0] if said else type(error).__name__
        )
        with suppress(WarehouseError, psycopg2.Error):
            _insert(chosen, log)
        raise
    log.add(step, "ok", rows=counted.rows, bytes=counted.size, seconds=_since(began))
    _insert(chosen, log)


def _insert(chosen: Warehouse, log: RunLog) -> None:
    with closing(connect(chosen, role=LOADER_ROLE)) as opened, transaction(opened) as cursor:
        log.insert_waiting(cursor)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
