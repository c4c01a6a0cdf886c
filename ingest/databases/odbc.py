"""Reading any database that has an ODBC driver: the catalogue by pyodbc, the rows by arrow-odbc."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from ingest.connections import Connections
from ingest.databases.model import (
    Described,
    Extract,
    Mark,
    ReadAgain,
    SourceColumn,
    SourceUnreachable,
    TableUnreadable,
)

LOGIN_SECONDS = 30
# A driver fills whole batches, and reserves for each text what its declared width may need; so the
# size of a batch follows from the widths. Small ones cost calls, large ones memory.
BATCH_ROWS, BATCH_BYTES = 65_535, 12 * 1024 * 1024
# What is reserved for a text without a declared width, in characters (a longer one is measured),
# and the most that is believed to be a width at all. A character may need four bytes.
UNBOUNDED, LONGEST, BYTES = 1_000, 32_000, 4

# ODBC's own numbers of types (sql.h, sqlext.h) -> Arrow type and name in the warehouse.
_TYPES: dict[int, tuple[pa.DataType, str]] = {
    -7: (pa.bool_(), "boolean"),
    -6: (pa.int16(), "smallint"),
    5: (pa.int16(), "smallint"),
    4: (pa.int32(), "integer"),
    -5: (pa.int64(), "bigint"),
    7: (pa.float32(), "real"),
    6: (pa.float64(), "double precision"),
    8: (pa.float64(), "double precision"),
    9: (pa.date32(), "date"),
    91: (pa.date32(), "date"),
    11: (pa.timestamp("us"), "timestamp without time zone"),
    93: (pa.timestamp("us"), "timestamp without time zone"),
    -2: (pa.binary(), "bytea"),
    -3: (pa.binary(), "bytea"),
    -4: (pa.binary(), "bytea"),
}
_TEXTS = {1, 12, -8, -9}
_EXACT = {2, 3}
_BY_TEXT = {10: "time without time zone", 92: "time without time zone", -11: "uuid"}
_MAX_DIGITS = 38  # of an Arrow decimal of 128 bits
_PASSWORD = re.compile(r"(^|;)\s*(pwd|password)\s*=", re.IGNORECASE)
_STATE = re.compile(r"^\s*(\[[^\]]*\]\s*)+")
_TOO_LONG = re.compile(r"too large|truncat", re.IGNORECASE)


class OdbcDatabase:
    """One source database; `connection` is the variable that names it in messages.

    The driver manager (unixODBC, or that of Windows) and the source's driver are the machine's.
    """

    def __init__(self, connection: str, url: str, password: str | None):
        self._connection = connection
        self._string = url.partition(":")[2].strip().strip(";")
        if password and not _PASSWORD.search(self._string):
            self._string += f";PWD={{{password.replace('}', '}}')}}}"
        self._using = threading.Lock()
        self._widths: dict[str, dict[str, int]] = {}
        _import_drivers(connection)
        self._connections = Connections(self._connect)
        self._opened = self._open()
        import pyodbc

        self._quote = self._opened.getinfo(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR).strip()
        server = self._opened.getinfo(pyodbc.SQL_SERVER_NAME)
        self.place = f"odbc:{server}/{self._opened.getinfo(pyodbc.SQL_DATABASE_NAME)}"

    def now(self) -> datetime:
        """ODBC gives times without their zone: the clock that can be trusted is this machine's."""
        return datetime.now(UTC)

    def check(self) -> None:
        self._open().close()

    def describe(self, relation: str) -> Described:
        schema, name = _parts(relation)
        with self._using, self._opened.cursor() as cursor:
            import pyodbc

            try:
                found = [
                    row
                    for row in cursor.columns(table=_literal(name), schema=_literal(schema) or None)
                    if row.table_name == name and (not schema or row.table_schem == schema)
                ]
                key = _key(cursor, schema, name)
            except pyodbc.Error as error:
                raise SourceUnreachable(f"{self._connection}: {said(error)}") from error
        if not found:
            raise TableUnreadable(
                f"{relation}: {self._connection} has no such table, or the login may not see it;"
                " mend `from`"
            )
        places = {(row.table_schem, row.table_name) for row in found}
        if len(places) > 1:
            raise TableUnreadable(f"{relation}: several schemas have it; write schema.table")
        found.sort(key=lambda row: row.ordinal_position)
        return Described(tuple(map(_column, found)), key)

    def read(self, extract: Extract) -> Iterator[pa.RecordBatch]:
        import arrow_odbc

        widths = self._widths.get(extract.relation, {})
        columns = extract.columns
        try:
            with self._connections.one() as opened:
                yield from opened.read(
                    self._query(extract, widths),
                    pa.schema([(column.source_name, column.transport) for column in columns]),
                    _longest(columns, widths),
                )
        except arrow_odbc.Error as error:
            is_too_long = _TOO_LONG.search(str(error)) and not widths
            if is_too_long and (measured := self._measure(extract)):
                self._widths[extract.relation] = measured
                raise ReadAgain from error
            raise TableUnreadable(f"{extract.relation}: {said(error)}") from error

    def close(self) -> None:
        self._connections.close()
        self._opened.close()

    def _open(self) -> Any:
        """A connection for the catalogue."""
        import pyodbc

        try:
            return pyodbc.connect(
                self._string, timeout=LOGIN_SECONDS, readonly=True, autocommit=True
            )
        except pyodbc.Error as error:
            raise SourceUnreachable(f"{self._connection}: {said(error)}") from error

    def _connect(self) -> _Rows:
        """A connection for rows."""
        return _Rows(self._connection, self._string)

    def _query(self, extract: Extract, widths: dict[str, int]) -> str:
        selected = [
            f"cast({self._named(c.source_name)} as varchar({widths[c.source_name]}))"
            if c.source_name in widths
            else self._named(c.source_name)
            for c in extract.columns
        ]
        conditions = [f"({extract.filter})"] if extract.filter else []
        if extract.cursor and extract.since is not None:
            conditions.append(f"{self._named(extract.cursor)} >= {_worded(extract.since)}")
        where = f" where {' and '.join(conditions)}" if conditions else ""
        return f"select {', '.join(selected)} from {self._relation(extract.relation)}{where}"

    def _measure(self, extract: Extract) -> dict[str, int]:
        """The greatest length of each text that has no declared width or does not keep to it."""
        import pyodbc

        texts = _texts(extract.columns)
        lengths = ", ".join(f"max({{fn length({self._named(c.source_name)})}})" for c in texts)
        where = f" where ({extract.filter})" if extract.filter else ""
        query = f"select {lengths} from {self._relation(extract.relation)}{where}"
        try:
            with self._using, self._opened.cursor() as cursor:
                longest = cursor.execute(query).fetchone()
        except pyodbc.Error as error:
            raise TableUnreadable(f"{extract.relation}: {said(error)}") from error
        return {
            column.source_name: length or 1
            for column, length in zip(texts, longest, strict=True)
            if (length or 1) > (_width(column) or 0)
        }

    def _relation(self, relation: str) -> str:
        return ".".join(self._named(part) for part in _parts(relation) if part)

    def _named(self, name: str) -> str:
        return f"{self._quote}{name.replace(self._quote, self._quote * 2)}{self._quote}"


class _Rows:
    """A connection of arrow-odbc; it ends when nobody holds it."""

    def __init__(self, connection: str, string: str):
        import arrow_odbc

        try:
            self._opened: Any = arrow_odbc.connect(string, login_timeout_sec=LOGIN_SECONDS)
        except arrow_odbc.Error as error:
            raise SourceUnreachable(f"{connection}: {said(error)}") from error

    def read(self, query: str, schema: pa.Schema, longest: int) -> Iterator[pa.RecordBatch]:
        """Stream a result; at its end the connection is free for the next one."""
        yield from self._opened.read_arrow_batches(
            query=query,
            batch_size=BATCH_ROWS,
            max_bytes_per_batch=BATCH_BYTES,
            max_text_size=longest,
            max_binary_size=LONGEST,
            schema=schema,
        )

    def close(self) -> None:
        self._opened = None


def said(error: BaseException) -> str:
    """What a driver says, in one line and without the names that each layer puts before it."""
    text = str(error.args[1] if len(error.args) > 1 else error)
    told = text.rpartition("Message:")[2].strip().partition("\n")[0]
    return (_STATE.sub("", told) or type(error).__name__)[:300]


def _import_drivers(connection: str) -> None:
    try:
        import arrow_odbc  # noqa: F401
        import pyodbc
    except (ImportError, OSError) as error:
        raise SourceUnreachable(
            f"{connection}: there is no ODBC driver manager on this machine"
            f" (Debian: apt-get install unixodbc, and the source's own driver): {error}"
        ) from error
    # The driver manager would keep connections that their owner has closed.
    pyodbc.pooling = False


def _parts(relation: str) -> tuple[str, str]:
    schema, _, name = relation.rpartition(".")
    return schema, name


def _literal(name: str) -> str:
    """A name for the catalogue functions, in which `_` and `%` stand for other letters."""
    return re.sub(r"([_%\\])", r"\\\1", name)


def _key(cursor: Any, schema: str, name: str) -> tuple[str, ...]:
    """The primary key; without one the smallest unique index, which Progress has instead."""
    rows = sorted(cursor.primaryKeys(name, schema=schema or None), key=lambda row: row.key_seq)
    if rows:
        return tuple(row.column_name for row in rows)
    indexes: dict[str, list[tuple[int, str]]] = {}
    for row in cursor.statistics(name, schema=schema or None, unique=True):
        if row.index_name and row.column_name:
            place = (row.ordinal_position, row.column_name)
            indexes.setdefault(row.index_name, []).append(place)
    shortest = min(sorted(indexes.items()), key=lambda item: len(item[1]), default=("", []))
    return tuple(column for _, column in sorted(shortest[1]))


def _column(row: Any) -> SourceColumn:
    name, code = row.column_name, row.data_type
    size, digits = row.column_size or 0, row.decimal_digits or 0
    label = (row.remarks or "").strip() or None
    if code in _TYPES:
        transport, raw = _TYPES[code]
        return SourceColumn(name, row.type_name, raw, transport, label)
    if code in _EXACT and 0 < size <= _MAX_DIGITS and 0 <= digits <= size:
        kind = f"numeric({size},{digits})"
        worded = f"{row.type_name}({size},{digits})"
        return SourceColumn(name, worded, kind, pa.decimal128(size, digits), label)
    if code in _EXACT:
        return SourceColumn(name, row.type_name, "numeric", pa.string(), label)
    has_width = code in _TEXTS and 0 < size <= LONGEST
    worded = f"{row.type_name}({size})" if has_width else row.type_name
    return SourceColumn(name, worded, _BY_TEXT.get(code, "text"), pa.string(), label)


def _texts(columns: Sequence[SourceColumn]) -> list[SourceColumn]:
    """Those that are texts at the source, and do not only travel as such."""
    return [column for column in columns if column.raw_type == "text"]


def _width(column: SourceColumn) -> int | None:
    """The declared width of a text in characters, if it has one."""
    found = re.search(r"\((\d+)\)$", column.source_type)
    return int(found[1]) if found else None


def _longest(columns: Sequence[SourceColumn], widths: dict[str, int]) -> int:
    """The most bytes that are reserved for a text: the driver's own wish is cut to it.

    What is not a text at the source, such as a time, is short whatever the driver wishes.
    """
    known = [widths.get(c.source_name) or _width(c) or UNBOUNDED for c in _texts(columns)]
    return BYTES * max([*known, UNBOUNDED])


def _worded(mark: Mark) -> str:
    """A value of the cursor, as every ODBC driver reads it."""
    if isinstance(mark, datetime):
        plain = mark.astimezone(UTC).replace(tzinfo=None) if mark.tzinfo else mark
        return f"{{ts '{plain.isoformat(sep=' ', timespec='microseconds')}'}}"
    if isinstance(mark, date):
        return f"{{d '{mark.isoformat()}'}}"
    if isinstance(mark, str):
        return "'" + mark.replace("'", "''") + "'"
    return str(mark)
