"""The servers that a demo database can be made in: how each is opened, and where they differ.

Statements written for both quote names as the standard does and take their values as `%s`: a
session of MySQL is told to read them so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

import psycopg2
import psycopg2.extensions

# Of the DB-API, of either library.
Connection = Any
Cursor = Any
PATIENCE_SECONDS = 10


class Refused(Exception):
    """The database is not one that this request fits; the message says why in one line."""


class Unreachable(Exception):
    """The server cannot be used; the message says why in one line."""


class Engine(Protocol):
    """One kind of server.

    `before` is said before the first table is made, `find` finds the one that remembers.
    """

    @property
    def port(self) -> int: ...
    @property
    def errors(self) -> type[Exception]: ...
    @property
    def before(self) -> tuple[str, ...]: ...
    @property
    def find(self) -> str: ...

    def open(self, url: str, parts: SplitResult) -> Connection:
        """Open a connection whose text is Unicode and whose clock is UTC."""

    def alone(self, connection: Connection, name: str) -> AbstractContextManager[Cursor]:
        """Write in one transaction while nobody else of that name does; all of it or nothing."""

    def room(self, name: str) -> str:
        """The table that remembers what a source holds, as SQL names it."""


class Postgres:
    """PostgreSQL: what is remembered has a schema of its own."""

    port = 5432
    errors = psycopg2.Error
    before = (
        "set local client_min_messages = warning",
        "create schema if not exists demo_state",
    )
    find = "select to_regclass('demo_state.' || %s)"

    def open(self, url: str, parts: SplitResult) -> Connection:
        return psycopg2.connect(
            url,
            client_encoding="UTF8",
            connect_timeout=PATIENCE_SECONDS,
            application_name="demo source",
            options="-c timezone=UTC -c client_encoding=UTF8",
        )

    @contextmanager
    def alone(self, connection: Connection, name: str) -> Iterator[Cursor]:
        with connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", (f"demo {name}",))
            yield cursor

    def room(self, name: str) -> str:
        return f'"demo_state"."{name}"'


POSTGRES = Postgres()
SCHEMES = ("postgresql", "postgres", "mysql")


def _engine(scheme: str) -> Engine:
    """The kind of server of an address; the library for MySQL is needed by whoever asks for it."""
    if scheme != "mysql":
        return POSTGRES
    from demo.mysql import Mysql

    return Mysql()


def engine_of(connection: Connection) -> Engine:
    """The kind of server that a connection leads to."""
    is_postgres = isinstance(connection, psycopg2.extensions.connection)
    return _engine("postgresql" if is_postgres else "mysql")


def connect(url: str, schemes: tuple[str, ...] = SCHEMES) -> Connection:
    """Open a connection to the server of an address.

    Args:
        schemes: how the address may begin.

    Raises:
        Refused: if it begins otherwise, or is no address.
        Unreachable: if the server does not answer or refuses the login.
    """
    # What the libraries say of a bad address may hold its password.
    bad = Refused("--url is not an address; special characters of a password are written as %40")
    try:
        parts = urlsplit(url)
        if parts.scheme not in schemes:
            known = " or ".join(f"{one}://" for one in schemes if one != "postgres")
            raise Refused(f"--url must begin with {known}")
        engine = _engine(parts.scheme)
        where = f"{parts.hostname or 'localhost'}:{parts.port or engine.port}{parts.path}"
    except ValueError:
        raise bad from None
    try:
        return engine.open(url, parts)
    except psycopg2.ProgrammingError:
        raise bad from None
    except (engine.errors, UnicodeDecodeError) as error:
        # A server may word its refusal in an encoding that is not ours. PostgreSQL's library puts
        # before it where it tried.
        words = said(error)
        reason = words.rsplit(": ", 1)[-1] if engine is POSTGRES else words
        raise Unreachable(f"cannot connect to {where}: {reason}") from error


def said(error: Exception) -> str:
    """The first line of what a server says; MySQL puts a number before it."""
    words = error.args[-1] if error.args else error
    return next(iter(str(words).strip().splitlines()), type(error).__name__).strip()
