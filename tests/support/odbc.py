"""PostgreSQL through ODBC stands in for the driver of an ERP; a gate before it can fall silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ingest import server
from tests.support.services import lacks

DRIVER = "PostgreSQL Unicode"
# Rows in portions, so that no result lies whole in memory; booleans as such.
OPTIONS = "UseDeclareFetch=1;Fetch=1000;BoolsAsChar=0"


def odbc_url(
    database: str, *, port: int | None = None, password: bool = True, options: str = OPTIONS
) -> str:
    """How an installation would name a database of the private server in `ERP_URL`."""
    needs_odbc()
    admin = server.admin(database)
    own = f"Pwd={{{admin.password}}};" if password else ""
    return (
        f"odbc:Driver={{{DRIVER}}};Server={admin.host};Port={port or admin.port};"
        f"Database={database};Uid={admin.user};{own}{options}"
    )


def needs_odbc() -> None:
    """Skip the test where the driver manager or the driver is missing."""
    try:
        import pyodbc

        drivers = pyodbc.drivers()
    except ImportError:
        drivers = []
    if DRIVER not in drivers:
        lacks(f"ODBC driver {DRIVER}", "apt-get install unixodbc odbc-postgresql")


class Gate:
    """A door to a server of this machine, which somebody can shut without a word."""

    def __init__(self, port: int):
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self._passed = 0
        self.shuts_after: int | None = None
        self._sockets = [self._listening]
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        """From now on nothing comes through, and no connection is refused either."""
        self._open.clear()

    def close(self) -> None:
        self._open.set()
        for opened in self._sockets:
            with suppress(OSError):
                opened.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server_side = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [client, server_side]
                for pair in ((client, server_side), (server_side, client)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, come_from: socket.socket, go_to: socket.socket) -> None:
        with suppress(OSError):
            while data := come_from.recv(65_536):
                self._passed += len(data)
                if self.shuts_after is not None and self._passed > self.shuts_after:
                    self.shut()
                self._open.wait()
                go_to.sendall(data)
            go_to.shutdown(socket.SHUT_WR)


@contextmanager
def gate_to(port: int) -> Iterator[Gate]:
    made = Gate(port)
    try:
        yield made
    finally:
        made.close()
