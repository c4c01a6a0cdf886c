"""Open connections that are kept for the next one who needs one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from ingest.settings import Warehouse


class Connections:
    """Connections to one database; several threads may hold one each.

    `opened`: makes a new one.
    """

    def __init__(self, opened: Callable[[], Any]):
        self._opened = opened
        self._idle: list[Any] = []
        self._using = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[Any]:
        """Hold a connection for the block; after an error it is not used again."""
        with self._using:
            held = self._idle.pop() if self._idle else None
        held = held or self._opened()
        try:
            yield held
        except BaseException:
            held.close()
            raise
        with self._using:
            self._idle.append(held)

    def close(self) -> None:
        """Close those that nobody holds."""
        with self._using:
            while self._idle:
                self._idle.pop().close()


def adbc(uri: str) -> Connections:
    """Connections of the Arrow driver (ADBC) to PostgreSQL.

    Each new one costs the server some 0.1 s in a warehouse of a few hundred relations: the driver
    reads the types of all their columns first.
    """

    def opened() -> Any:
        import adbc_driver_postgresql.dbapi as driver

        return driver.connect(uri)

    return Connections(opened)


def address(warehouse: Warehouse, role: str) -> str:
    """The libpq URL of a warehouse with the rights of a role alone, in UTF8 and UTC, for ADBC.

    The path of a root certificate goes by the environment, as it does for the loader.
    """
    if warehouse.sslrootcert:
        os.environ["PGSSLROOTCERT"] = warehouse.sslrootcert
    settings = {
        "host": warehouse.host,
        "port": warehouse.port,
        "dbname": warehouse.dbname,
        "user": warehouse.user,
        "password": warehouse.password,
        "sslmode": warehouse.sslmode,
        "connect_timeout": 15,
        "client_encoding": "UTF8",
        "application_name": "entrepot",
        # libpq parts options at tabs too; a space would travel as `+`, which it takes literally.
        "options": f"-crole={role}\t-ctimezone=UTC",
    }
    return f"postgresql://?{urlencode(settings, quote_via=quote)}"
