"""Reading PostgreSQL: the catalogue through psycopg2, the rows as binary COPY through ADBC."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import psycopg2
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import parse_dsn

from ingest.connections import adbc
from ingest.databases.model import (
    Described,
    Extract,
    SourceColumn,
    SourceUnreachable,
    TableUnreadable,
)
from ingest.databases.unfit import from_text

# Types that travel as they are: name in pg_type -> (name in the warehouse, Arrow type).
_NATIVE: dict[str, tuple[str, pa.DataType]] = {
    "int2": ("smallint", pa.int16()),
    "int4": ("integer", pa.int32()),
    "int8": ("bigint", pa.int64()),
    "float4": ("real", pa.float32()),
    "float8": ("double precision", pa.float64()),
    "bool": ("boolean", pa.bool_()),
    "date": ("date", pa.date32()),
    "timestamp": ("timestamp without time zone", pa.timestamp("us")),
    "timestamptz": ("timestamp with time zone", pa.timestamp("us", tz="UTC")),
    "bytea": ("bytea", pa.binary()),
    "text": ("text", pa.string()),
    "varchar": ("text", pa.string()),
    "bpchar": ("text", pa.string()),
}
# Types that travel as text and are themselves again in the warehouse; any other one stays text.
_BY_TEXT = {
    "numeric": "numeric",
    "uuid": "uuid",
    "json": "json",
    "jsonb": "jsonb",
    "time": "time without time zone",
    "interval": "interval",
}
_MAX_DIGITS = 38  # of an Arrow decimal of 128 bits
# PostgreSQL counts microseconds from 2000 on, Arrow from 1970: past January of the year 294247 the
# sum does not fit 64 bits and wraps round to less than any moment can be; so does `infinity`.
_WRAPPED = pa.scalar(-(2**63) + 946_684_800_000_000, pa.int64())
# A read may wait for a lock of the application, but not for ever.
SESSION = {
    "timezone": "UTC",
    "default_transaction_read_only": "on",
    "statement_timeout": "2h",
    "lock_timeout": "60s",
    "datestyle": "ISO,YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
}

_CATALOGUE = """
    with recursive described as (
        select
            attributes.attnum,
            attributes.attname,
            format_type(attributes.atttypid, attributes.atttypmod) as worded,
            attributes.atttypid as type_id,
            attributes.atttypmod as modifier,
            col_description(attributes.attrelid, attributes.attnum) as label
        from pg_attribute as attributes
        where attributes.attrelid = %s and attributes.attnum > 0 and not attributes.attisdropped

        union all

        select
            described.attnum, described.attname, described.worded, types.typbasetype,
            types.typtypmod, described.label
        from described
        inner join pg_type as types on described.type_id = types.oid
        where types.typtype = 'd'
    )

    select described.attname, described.worded, types.typname, described.modifier,
        namespaces.nspname = 'pg_catalog' as is_own, described.label
    from described
    inner join pg_type as types on described.type_id = types.oid
    inner join pg_namespace as namespaces on types.typnamespace = namespaces.oid
    where types.typtype <> 'd'
    order by described.attnum
"""
# The primary key; without one the unique index of the fewest columns.
_KEY = """
    with key as (
        select indexes.indrelid, indexes.indkey
        from pg_index as indexes
        where indexes.indrelid = %s and indexes.indisunique
            and indexes.indpred is null and indexes.indexprs is null
        order by indexes.indisprimary desc, indexes.indnkeyatts, indexes.indexrelid
        limit 1
    )

    select attributes.attname
    from key
    cross join lateral unnest(key.indkey) with ordinality as parts (attnum, place)
    inner join pg_attribute as attributes
        on attributes.attrelid = key.indrelid and attributes.attnum = parts.attnum
    order by parts.place
"""


def first_line(error: BaseException) -> str:
    """The first line of an error, whatever encoding the server worded it in."""
    if isinstance(error, UnicodeDecodeError):
        return error.object.decode("latin-1").strip().splitlines()[0]
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300]


class PostgresDatabase:
    """One source database; `connection` is the variable that names it in messages."""

    def __init__(self, connection: str, url: str, password: str | None):
        self._connection = connection
        try:
            self._settings = parse_dsn(url)
        except psycopg2.ProgrammingError as error:
            raise SourceUnreachable(f"{connection}: {first_line(error)}") from None
        if password:
            self._settings.setdefault("password", password)
        self._settings.setdefault("connect_timeout", "10")
        self._settings.setdefault("application_name", "entrepot")
        self._settings["client_encoding"] = "UTF8"
        # After the source's own options, so that ours hold.
        own = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
        self._settings["options"] = f"{self._settings.get('options', '')} {own}".strip()
        self._using = threading.Lock()
        self._connections = adbc(self._uri())
        self._opened = self._connect()
        self._opened.autocommit = True
        host = self._settings.get("host", "")
        # The identity is another one once the database was made anew, from a dump for example.
        name, identity = self._ask(
            "select datname, oid from pg_database where datname = current_database()", ()
        )[0]
        self.place = f"{host}:{self._opened.info.port}/{name}#{identity}"

    def now(self) -> datetime:
        moment: datetime = self._ask("select clock_timestamp()", ())[0][0]
        return moment.astimezone(UTC)

    def check(self) -> None:
        self._connect().close()

    def describe(self, relation: str) -> Described:
        oid, _, _ = self._find(relation)
        columns = tuple(_column(*row) for row in self._ask(_CATALOGUE, (oid,)))
        return Described(columns, tuple(row[0] for row in self._ask(_KEY, (oid,))))

    def read(self, extract: Extract) -> Iterator[pa.RecordBatch]:
        import adbc_driver_manager

        query = self._query(extract)
        try:
            with self._connections.one() as opened:
                with opened.cursor() as cursor:
                    cursor.execute(query)
                    for batch in cursor.fetch_record_batch():
                        yield from _parted(_shaped(batch, extract.columns))
                # No lock stays on the application's table while others are read.
                opened.rollback()
        except (
            adbc_driver_manager.Error,
            pa.ArrowException,
            OSError,  # what Arrow makes of an error in the middle of a stream
            UnicodeDecodeError,
        ) as error:
            said = first_line(error)
            if "invalid byte sequence" in said:
                said += "; convert its texts in a view, and read that (docs/databases.md)"
            raise TableUnreadable(f"{extract.relation}: {said}") from error

    def close(self) -> None:
        self._connections.close()
        self._opened.close()

    def _connect(self) -> Connection:
        try:
            return psycopg2.connect(**self._settings)
        except (psycopg2.OperationalError, UnicodeDecodeError) as error:
            raise SourceUnreachable(f"{self._connection}: {_last_line(error)}") from error

    def _ask(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._using, self._opened.cursor() as cursor:
            try:
                cursor.execute(query, values)
                return list(cursor.fetchall())
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                raise SourceUnreachable(f"{self._connection}: {first_line(error)}") from error

    def _find(self, relation: str) -> tuple[int, str, str]:
        """The identity, schema and name of a table; one without a schema is searched for."""
        schema, _, name = relation.rpartition(".")
        found = self._ask(
            "select classes.oid, namespaces.nspname, classes.relname from pg_class as classes"
            " inner join pg_namespace as namespaces on classes.relnamespace = namespaces.oid"
            " where classes.relname = %s and classes.relkind in ('r', 'p', 'v', 'm', 'f')"
            " and case when %s = '' then pg_table_is_visible(classes.oid)"
            " else namespaces.nspname = %s end",
            (name, schema, schema),
        )
        if not found:
            raise TableUnreadable(f"{relation}: {self._connection} has no such table")
        return found[0][0], found[0][1], found[0][2]

    def _query(self, extract: Extract) -> str:
        _, schema, name = self._find(extract.relation)
        conditions = []
        if extract.filter:
            conditions.append(sql.SQL("({})").format(sql.SQL(extract.filter)))
        if extract.cursor and extract.since is not None:
            conditions.append(
                sql.SQL("{} >= {}").format(
                    sql.Identifier(extract.cursor), sql.Literal(extract.since)
                )
            )
        query = sql.SQL("select {} from {}").format(
            sql.SQL(", ").join(map(_selected, extract.columns)), sql.Identifier(schema, name)
        )
        if conditions:
            query += sql.SQL(" where ") + sql.SQL(" and ").join(conditions)
        with self._using:
            return query.as_string(self._opened)

    def _uri(self) -> str:
        settings = dict(self._settings)
        # Spaces would travel as `+`, which libpq takes literally; it parts options at tabs too.
        settings["options"] = settings["options"].replace("-c ", "-c").replace(" ", "\t")
        return f"postgresql://?{urlencode(settings, quote_via=quote)}"


def _shaped(batch: pa.RecordBatch, columns: Sequence[SourceColumn]) -> pa.RecordBatch:
    """What travelled as text in its own type; a column with a value that does not fit, such as
    the NaN of a `numeric(10,2)`, stays text, for `Unfit` to sift.
    """
    arrays = [
        values if values.type == column.transport else from_text(values, column.transport)
        for values, column in zip(batch.columns, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=[column.source_name for column in columns])


def _parted(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch; rows with a moment that cannot travel come apart, with those moments as text."""
    wrapped = {
        place: pc.fill_null(pc.less(values.view(pa.int64()), _WRAPPED), False)
        for place, values in enumerate(batch.columns)
        if pa.types.is_timestamp(values.type) and _has_wrapped(values)
    }
    if not wrapped:
        yield batch
        return
    apart = functools.reduce(pc.or_, wrapped.values())
    yield batch.filter(pc.invert(apart))
    arrays = batch.filter(apart).columns
    for place in wrapped:
        moments = arrays[place].view(pa.int64()).to_pylist()
        arrays[place] = pa.array([_worded(moment) for moment in moments], pa.string())
    yield pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _has_wrapped(values: pa.Array) -> bool:
    lowest = pc.min(values.view(pa.int64())).as_py()
    return lowest is not None and lowest < _WRAPPED.as_py()


def _worded(moment: int | None) -> str | None:
    """A count of microseconds as PostgreSQL words it, wrapped round or not."""
    if moment is None or moment >= _WRAPPED.as_py():
        return None if moment is None else str(np.datetime64(moment, "us")).replace("T", " ")
    if moment == _WRAPPED.as_py() - 1:
        return "infinity"
    seconds, micros = divmod(moment + 2**64, 1_000_000)
    worded = f"{np.datetime64(seconds, 's')}.{micros:06}".replace("T", " ")
    return worded.rstrip("0").rstrip(".")


def _last_line(error: BaseException) -> str:
    """Of a refused login the last line says why; it may come in the server's own encoding."""
    if isinstance(error, UnicodeDecodeError):
        return error.object.decode("latin-1").strip().splitlines()[-1]
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def _column(
    name: str, worded: str, type_name: str, modifier: int, is_own: bool, label: str | None
) -> SourceColumn:
    if is_own and type_name in _NATIVE:
        return SourceColumn(name, worded, *_NATIVE[type_name], label)
    if is_own and type_name == "numeric" and modifier >= 4:
        # The modifier packs both numbers; a negative scale has its own sign bit.
        precision, scale = ((modifier - 4) >> 16) & 0xFFFF, (modifier - 4) & 0x7FF
        if precision <= _MAX_DIGITS and scale <= precision:
            kind = f"numeric({precision},{scale})"
            return SourceColumn(name, worded, kind, pa.decimal128(precision, scale), label)
    raw = _BY_TEXT.get(type_name, "text") if is_own else "text"
    return SourceColumn(name, worded, raw, pa.string(), label)


def _selected(column: SourceColumn) -> sql.Composable:
    """What Arrow has no type for, or ADBC decodes slowly (numeric), is asked for as text."""
    name = sql.Identifier(column.source_name)
    if pa.types.is_decimal(column.transport) or (
        pa.types.is_string(column.transport)
        and column.source_type.partition("(")[0] not in ("text", "character varying")
    ):
        return sql.SQL("cast({} as text)").format(name)
    return name
