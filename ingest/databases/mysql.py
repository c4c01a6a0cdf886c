"""Reading MySQL and MariaDB: the catalogue and the rows through PyMySQL, the rows as bytes.

PyMySQL is asked for the bytes that the server sends, and Arrow makes columns of them: that takes a
third of the time of making Python values, and loses nothing that a Python value cannot hold.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pymysql
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from ingest.connections import Connections
from ingest.databases.model import (
    Described,
    Extract,
    Mark,
    SourceUnreachable,
    TableUnreadable,
)
from ingest.databases.mysql_types import column_of, selected
from ingest.databases.mysql_url import settings_of
from ingest.databases.patience import Silent, within
from ingest.databases.unfit import from_text

LOGIN_SECONDS = 30.0
# A batch ends when either is reached: many short rows, or a few long ones.
BATCH_ROWS, BATCH_BYTES = 20_000, 16 * 1024 * 1024

# With ANSI_QUOTES a `filter` may quote names as everywhere else; without it "statut" would be a
# text, and compare without a word. The server must wait for as long as the warehouse may take.
_SESSION = (
    "set session time_zone = '+00:00', sql_mode = 'ANSI_QUOTES', lock_wait_timeout = 60,"
    " net_write_timeout = 3600, wait_timeout = 28800, {limit}",
    "set session transaction isolation level repeatable read, read only",
)
_LIMITS = {"MariaDB": "max_statement_time = 7200", "MySQL": "max_execution_time = 7200000"}

_TABLE = """
    select table_name, create_time
    from information_schema.tables
    where table_schema = coalesce(nullif(%s, ''), database()) and table_name = %s
"""
_CATALOGUE = """
    select column_name, data_type, column_type, numeric_precision, numeric_scale, column_comment
    from information_schema.columns
    where table_schema = coalesce(nullif(%s, ''), database()) and table_name = %s
    order by ordinal_position
"""
# The key of an index is null in its expressions.
_KEYS = """
    select index_name, column_name, nullable
    from information_schema.statistics
    where table_schema = coalesce(nullif(%s, ''), database()) and table_name = %s and non_unique = 0
    order by index_name, seq_in_index
"""


class MysqlDatabase:
    """One source database; `connection` is the variable that names it in messages."""

    def __init__(self, connection: str, url: str, password: str | None):
        self._connection = connection
        try:
            self._settings = settings_of(url, password)
        except ValueError as error:
            raise SourceUnreachable(f"{connection}: {error}") from None
        self._using = threading.Lock()
        self._connections = Connections(self._connect_for_rows)
        self._opened = self._connect()
        where = self._settings.get("unix_socket") or self._settings["host"]
        self.place = f"{where}:{self._settings['port']}/{self._settings['database']}"

    def now(self) -> datetime:
        moment: datetime = self._ask("select utc_timestamp(6)", ())[0][0]
        return moment.replace(tzinfo=UTC)

    def check(self) -> None:
        self._connect().close()

    def describe(self, relation: str) -> Described:
        schema, name, made = self._find(relation)
        columns = tuple(column_of(*row) for row in self._ask(_CATALOGUE, (schema, name)))
        return Described(columns, _key(self._ask(_KEYS, (schema, name))), made)

    def read(self, extract: Extract) -> Iterator[pa.RecordBatch]:
        query = self._query(extract)
        try:
            with self._connections.one() as opened:
                cursor = opened.cursor(SSCursor)
                try:
                    cursor.execute("start transaction with consistent snapshot, read only")
                    cursor.execute(query)
                    for rows in _portions(cursor):
                        yield _batch(rows, extract)
                except BaseException:
                    _abandon(cursor)
                    raise
                # No lock stays on the application's table while others are read.
                opened.rollback()
        except pymysql.err.Error as error:
            raise TableUnreadable(f"{extract.relation}: {said(error)}") from error

    def close(self) -> None:
        self._connections.close()
        self._opened.close()

    def _connect(self, **how: Any) -> Any:
        settings = {**self._settings, **how}
        try:
            # The driver waits for the network, and not for a server that never greets.
            opened = within(LOGIN_SECONDS, lambda: pymysql.connect(**settings))
            server = "MariaDB" if "MariaDB" in opened.get_server_info() else "MySQL"
            with opened.cursor() as cursor:
                for statement in _SESSION:
                    cursor.execute(statement.format(limit=_LIMITS[server]))
            return opened
        except Silent:
            raise SourceUnreachable(
                f"{self._connection}: {settings['host']}:{settings['port']} takes connections and"
                f" says nothing for {LOGIN_SECONDS:.0f} s; see whether a MySQL server is there"
            ) from None
        # PyMySQL raises a RuntimeError where a way to log in needs a package that is not there.
        except (pymysql.err.Error, RuntimeError, OSError) as error:
            raise SourceUnreachable(f"{self._connection}: {said(error)}") from error

    def _connect_for_rows(self) -> Any:
        """A connection whose values come as the bytes that the server sends."""
        return self._connect(conv=dict(encoders), use_unicode=False)

    def _ask(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._using:
            try:
                with self._opened.cursor() as cursor:
                    cursor.execute(query, values)
                    return list(cursor.fetchall())
            except pymysql.err.Error as error:
                raise SourceUnreachable(f"{self._connection}: {said(error)}") from error

    def _find(self, relation: str) -> tuple[str, str, str]:
        """The database and name of a table, in the server's own spelling, and when it was made.

        A server that keeps names in lower case finds them in any.
        """
        schema, _, name = relation.rpartition(".")
        found = dict(self._ask(_TABLE, (schema, name)))
        if not found:
            raise TableUnreadable(
                f"{relation}: {self._connection} has no such table, or the login may not see it;"
                " mend `from`"
            )
        name = name if name in found else min(found)
        return schema, name, str(found[name] or "")

    def _query(self, extract: Extract) -> str:
        schema, name, _ = self._find(extract.relation)
        conditions = [f"({extract.filter})"] if extract.filter else []
        if extract.cursor and extract.since is not None:
            conditions.append(f"{quoted(extract.cursor)} >= {self._worded(extract.since)}")
        columns = ", ".join(
            selected(column, quoted(column.source_name)) for column in extract.columns
        )
        place = ".".join(quoted(part) for part in (schema, name) if part)
        where = f" where {' and '.join(conditions)}" if conditions else ""
        return f"select {columns} from {place}{where}"

    def _worded(self, mark: Mark) -> str:
        if isinstance(mark, datetime) and mark.tzinfo:
            mark = mark.astimezone(UTC).replace(tzinfo=None)
        return str(self._opened.escape(mark))


def quoted(name: str) -> str:
    """A name as MySQL reads it whatever its mode."""
    return f"`{name.replace('`', '``')}`"


def said(error: BaseException) -> str:
    """What a server or the driver says, in one line and without its number."""
    text = str(error.args[1] if len(error.args) > 1 else error).strip()
    return (text.partition("\n")[0] or type(error).__name__)[:300]


def _key(rows: Sequence[tuple[Any, ...]]) -> tuple[str, ...]:
    """The primary key; else the unique index of the fewest columns, none of which may be null."""
    indexes: dict[str, list[tuple[str | None, bool]]] = {}
    for index, column, nullable in rows:
        indexes.setdefault(index, []).append((column, nullable == "YES"))
    whole = {
        index: tuple(str(column) for column, _ in parts)
        for index, parts in indexes.items()
        if all(column is not None and not is_nullable for column, is_nullable in parts)
    }
    return whole.get("PRIMARY") or min(whole.values(), key=len, default=())


def _portions(cursor: Any) -> Iterator[list[tuple[bytes | None, ...]]]:
    rows: list[tuple[bytes | None, ...]] = []
    size = 0
    for row in cursor:
        rows.append(row)
        size += sum(map(len, filter(None, row)))
        if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _batch(rows: Sequence[tuple[bytes | None, ...]], extract: Extract) -> pa.RecordBatch:
    """The rows as columns; a column with a value that its type cannot carry stays text."""
    arrays = []
    for values, column in zip(zip(*rows, strict=True), extract.columns, strict=True):
        array = pa.array(values, pa.binary())
        if column.transport != pa.binary():
            try:
                array = pc.cast(array, pa.string())
            except pa.ArrowInvalid:
                raise TableUnreadable(
                    f"{extract.relation}: column {column.source_name} holds bytes that are no text"
                ) from None
            array = from_text(array, column.transport)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, names=[c.source_name for c in extract.columns])


def _abandon(cursor: Any) -> None:
    """Let the driver forget the rows that nobody will read: it would fetch them all to be rid of
    them, or complain that their connection is closed.
    """
    if cursor._result is not None:
        cursor._result.unbuffered_active = False
