"""One writer per dataset: a PostgreSQL advisory lock on a connection of its own.

Everything that makes a load count (ledger, intents, run log) is written through this same
connection: a run that has lost its lock can finalise nothing.
"""

from __future__ import annotations

import select
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ingest.settings import LOADER_ROLE, Warehouse
from ingest.warehouse import connect, one_value, transaction

_FAMILY = "entrepot ingest"
_LOOK = 0.5
# A server on Windows has no such setting, and its client is on the same machine.
NOTICES_DEAD_CLIENTS = sys.platform != "win32"


class Locked(Exception):
    """Another run is landing in this dataset; one line that names it."""


class LockLost(Exception):
    """The connection that held the lock is gone, so this run must not write any more."""


class DatasetLock:
    """The held lock. `transaction()` is the only way to write control tables during a load."""

    def __init__(self, opened: Connection, on_loss: Callable[[], None]):
        self._opened = opened
        self._on_loss = on_loss
        self._using = threading.Lock()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look_out, name="lock watch", daemon=True)
        self._watch.start()

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """One transaction on the connection that holds the lock.

        Raises:
            LockLost: if that connection is gone; nothing of the transaction holds then.
        """
        with self._using:
            try:
                with transaction(self._opened) as cursor:
                    yield cursor
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                if self._opened.closed:
                    raise LockLost("the connection to the warehouse was lost") from error
                raise

    def _look_out(self) -> None:
        """Tell at once when the server ends the connection, without asking it anything."""
        while not self._over.wait(_LOOK):
            if not self._using.acquire(blocking=False):
                continue
            try:
                gone = bool(self._opened.closed) or _has_news(self._opened)
            finally:
                self._using.release()
            if gone and not self._over.is_set():
                self._on_loss()
                return

    def release(self) -> None:
        self._over.set()
        self._watch.join(timeout=5)
        if not self._opened.closed:
            self._opened.close()


def _has_news(opened: Connection) -> bool:
    """An idle connection has nothing to say, unless its server is ending it."""
    readable, _, _ = select.select([opened.fileno()], [], [], 0)
    return bool(readable)


@contextmanager
def dataset_lock(
    warehouse: Warehouse,
    schemas: Iterable[str],
    *,
    run_id: str,
    on_loss: Callable[[], None],
    wait: float = 10.0,
) -> Iterator[DatasetLock]:
    """Hold the locks of the raw `schemas` for the block, waiting at most `wait` seconds.

    `on_loss` is called from another thread when the connection goes while the block runs.

    Raises:
        Locked: another run has one of them.
        WarehouseError: the warehouse does not answer.
    """
    opened = connect(warehouse, role=LOADER_ROLE)
    try:
        with transaction(opened) as cursor:
            cursor.execute(
                "select set_config('application_name', %s, false)", (f"ingest-{run_id}",)
            )
            # Idle between two loads for as long as they take; a dead client is noticed by the
            # server itself.
            cursor.execute("set idle_in_transaction_session_timeout = 0")
            cursor.execute("set idle_session_timeout = 0")
            if NOTICES_DEAD_CLIENTS:
                cursor.execute("set client_connection_check_interval = '1s'")
        _take(opened, sorted(set(schemas)), wait)
        lock = DatasetLock(opened, on_loss)
        try:
            yield lock
        finally:
            lock.release()
    finally:
        if not opened.closed:
            opened.close()


def _take(opened: Connection, schemas: list[str], wait: float) -> None:
    until = time.monotonic() + wait
    for schema in schemas:
        while not _try(opened, schema):
            if time.monotonic() > until:
                raise Locked(f"another run is landing in {schema}: wait for its end and try again.")
            time.sleep(0.2)


def _try(opened: Connection, schema: str) -> bool:
    with transaction(opened) as cursor:
        cursor.execute("select pg_try_advisory_lock(hashtext(%s), hashtext(%s))", (_FAMILY, schema))
        return bool(one_value(cursor))
