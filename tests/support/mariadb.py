"""A private MariaDB, from Debian's own packages, that stands in for a source's MySQL."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

from tests.support.services import requires

INSTALL = "apt-get install mariadb-server"
START_SECONDS = 30
PASSWORD = "öffne dich"
# Small files and no waiting for the disk: nothing here has to outlive the tests.
_LEAN = (
    "--innodb-log-file-size=8M",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--performance-schema=0",
    "--skip-log-bin",
)


@dataclass
class MariaDb:
    """A running server; `reader` may read everything, `root` comes through the socket alone."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def url(
        self,
        database: str = "source",
        *,
        user: str = "reader",
        password: str = "%C3%B6ffne%20dich",
        port: int | None = None,
        options: str = "",
    ) -> str:
        """How an installation would name a database in its variable."""
        return f"mysql://{user}:{password}@127.0.0.1:{port or self.port}/{database}{options}"

    def execute(self, *statements: str, database: str = "source") -> Sequence[tuple[Any, ...]]:
        """Run statements as the administrator, in a session without a strict mode; returns the rows
        of the last one.
        """
        opened = pymysql.connect(
            unix_socket=str(self.folder / "socket"),
            user="root",
            database=database or None,
            charset="utf8mb4",
            autocommit=True,
            sql_mode="ALLOW_INVALID_DATES",
        )
        try:
            with opened.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall()
        finally:
            opened.close()

    def empty(self, database: str = "source") -> None:
        """The database, made anew."""
        self.execute(
            f"drop database if exists {database}",
            f"create database {database} character set utf8mb4",
            database="",
        )


@contextlib.contextmanager
def mariadb(*options: str) -> Iterator[MariaDb]:
    """A server of its own on a free port, in a temporary folder, gone at the end of the block.

    `options`: of the server, beside those that keep it small.
    """
    server = requires("mariadbd", INSTALL)
    install = requires("mariadb-install-db", INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="entrepot-mariadb-"))
    folder.chmod(0o755)
    user = _user(folder)
    common = ["--no-defaults", f"--datadir={folder / 'data'}", *user]
    process: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run(
            [
                install,
                *common,
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *_LEAN,
            ],
            check=True,
            capture_output=True,
        )
        port = _free_port()
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(server, *common, *_LEAN, *options),
                    *(f"--port={port}", "--bind-address=127.0.0.1", "--skip-name-resolve"),
                    *(f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        made = MariaDb(folder, port, process)
        _wait_for(made)
        made.execute(
            f"create user reader@'%' identified by '{PASSWORD}'",
            "grant select, show view on *.* to reader@'%'",
            database="",
        )
        made.empty()
        yield made
    finally:
        if process is not None:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _user(folder: Path) -> list[str]:
    """The server refuses to run as root: its own user then owns the folder."""
    if os.geteuid() != 0:
        return []
    name = "mysql" if any(entry.pw_name == "mysql" for entry in pwd.getpwall()) else "nobody"
    shutil.chown(folder, name)
    return [f"--user={name}"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _wait_for(made: MariaDb) -> None:
    over = time.monotonic() + START_SECONDS
    while True:
        try:
            made.execute("select 1", database="")
            return
        except pymysql.err.OperationalError:
            if made.process.poll() is not None or time.monotonic() > over:
                log = (made.folder / "server.log").read_text(errors="replace")
                raise AssertionError(f"MariaDB did not start:\n{log}") from None
            time.sleep(0.1)
