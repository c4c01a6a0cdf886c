"""PostgreSQL's own pg_dump, pg_restore and psql, those that fit the server.

The embedded server's package brings them, so they are there on any machine; they serve every server
that is not newer. For a newer one those of the system are taken.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ingest.server.binaries import binaries, tool_environment
from ingest.settings import Warehouse

_CHUNK = 1024 * 1024
_ENDING = ".exe" if os.name == "nt" else ""


class BackupError(Exception):
    """A backup could not be made, read or restored: one line, without a value of a row."""


class Tools:
    """The programs, and how they reach the warehouse: by the environment, never by arguments."""

    def __init__(self, warehouse: Warehouse, major: int):
        """Find programs that fit a server of this major version.

        Raises:
            BackupError: all that are there are older than the server.
        """
        self._folder = _fitting(major)
        self._environment = {
            **tool_environment(),
            "PGHOST": warehouse.host,
            "PGPORT": str(warehouse.port),
            "PGDATABASE": warehouse.dbname,
            "PGUSER": warehouse.user,
            "PGPASSWORD": warehouse.password,
            "PGSSLMODE": warehouse.sslmode,
            "PGCLIENTENCODING": "UTF8",
            "PGAPPNAME": "entrepot-backup",
            "PGCONNECT_TIMEOUT": "15",
        }
        if warehouse.sslrootcert:
            self._environment["PGSSLROOTCERT"] = warehouse.sslrootcert

    def dump(self, to: Path, role: str, snapshot: str, arguments: Sequence[str]) -> None:
        """Write tables into an archive file (0600) of pg_dump, as of a snapshot.

        Raises:
            BackupError: pg_dump failed.
        """
        to.touch(mode=0o600)
        command = [
            *(self._tool("pg_dump"), "--format=custom", "--compress=1", "--no-password"),
            *("--no-owner", "--no-privileges", "--lock-wait-timeout=60s"),
            *(f"--role={role}", f"--snapshot={snapshot}", f"--file={to}"),
            *arguments,
        ]
        done = subprocess.run(
            command,
            env=self._environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BackupError(f"pg_dump: {_last(done.stderr)}")

    def counts(self, archive: Path) -> dict[str, int]:
        """How many rows an archive file holds of each table, as all of it is read.

        Raises:
            BackupError: it is no archive, or is not whole.
        """
        found: dict[str, int] = {}
        name: str | None = None
        with self._script(archive, "--data-only") as script:
            for line in script:
                if name is None:
                    begins = re.match(rb"COPY (\S+) \(", line)
                    if begins:
                        name = begins[1].decode().replace('"', "")
                        found[name] = 0
                elif line.rstrip(b"\r\n") == b"\\.":
                    name = None
                else:
                    found[name] += 1
        return found

    def load(self, parts: Sequence[tuple[Path, str, str]]) -> None:
        """Run what archive files hold, in one transaction.

        Args:
            parts: of each archive file the role that runs it, and statements that come before.

        Raises:
            BackupError: something was refused or cannot be read; nothing of it holds.
        """
        command = [
            *(self._tool("psql"), "--no-psqlrc", "--quiet", "--no-password"),
            *(f"--output={os.devnull}", "--set=ON_ERROR_STOP=1", "--file=-"),
        ]
        loading = subprocess.Popen(
            command,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert loading.stdin and loading.stderr
        try:
            # Its own, since psql's --single-transaction also commits what ends too early: a script
            # that was cut off because we were killed.
            loading.stdin.write(b"begin;\n")
            for archive, role, before in parts:
                loading.stdin.write(f"set role {role};\n{before}\n".encode())
                with self._script(archive, "--no-owner", "--no-privileges") as script:
                    for line in script:
                        # A setting of PostgreSQL 17, which an older server does not know.
                        if line.startswith(b"SET transaction_timeout"):
                            break
                        loading.stdin.write(line)
                    shutil.copyfileobj(script, loading.stdin, _CHUNK)
            loading.stdin.write(b"commit;\n")
        except BrokenPipeError:
            pass  # psql has given up and says why
        except BaseException:
            loading.kill()
            loading.wait()
            raise
        with suppress(BrokenPipeError):
            loading.stdin.close()
        said = loading.stderr.read().decode(errors="replace")
        if loading.wait():
            raise BackupError(f"psql: {_error(said)}")

    @contextmanager
    def _script(self, archive: Path, *arguments: str) -> Iterator[IO[bytes]]:
        """What pg_restore makes of an archive file, as it is written."""
        reading = subprocess.Popen(
            [self._tool("pg_restore"), "--file=-", *arguments, str(archive)],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert reading.stdout and reading.stderr
        try:
            yield reading.stdout
        finally:
            reading.stdout.close()
            said = reading.stderr.read().decode(errors="replace")
            code = reading.wait()
        if code:
            raise BackupError(f"{archive.name} cannot be read: {_last(said)}")

    def _tool(self, name: str) -> str:
        return str(self._folder / f"{name}{_ENDING}")


def _fitting(major: int) -> Path:
    own = binaries()
    if _version(own / f"pg_dump{_ENDING}") >= major:
        return own
    system = shutil.which("pg_dump")
    if system and _version(Path(system)) >= major:
        return Path(system).resolve().parent if os.name == "nt" else Path(system).parent
    raise BackupError(
        f"the server runs PostgreSQL {major}, and every pg_dump here is older: install the "
        f"client programs of PostgreSQL {major}"
    )


def _version(program: Path) -> int:
    """The major version of a program; 0 if it does not run."""
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return 0
    found = re.search(r"(\d+)", said)
    return int(found[1]) if found else 0


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def _error(said: str) -> str:
    """What psql was refused, without the DETAIL and CONTEXT that may quote a row."""
    for line in said.splitlines():
        if "ERROR:" in line or "FATAL:" in line:
            return line[line.index(": ") + 2 :].strip()[:300]
    return _last(said)[:300]
