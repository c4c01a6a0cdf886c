"""Both ends of a table as Arrow batches of the same columns in the same types.

The source is read by the reader, filter, sieve and shape that a load uses; the raw table by the
reader of PostgreSQL. A value that the warehouse casts when it lands (text to numeric, to json) is
cast by the warehouse here too, and compared as the text that it shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

import psycopg2
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from ingest.databases.model import Database, Extract, Mark, SourceColumn
from ingest.databases.patience import patiently
from ingest.databases.planning import Load
from ingest.databases.postgres import PostgresDatabase
from ingest.databases.rows import ROW_HASH, shaped
from ingest.databases.sieve import Sieve
from ingest.databases.unfit import Unfit
from ingest.settings import LOADER_ROLE, Warehouse
from ingest.warehouse import said_by


def open_raw(home: Warehouse) -> PostgresDatabase:
    """The warehouse as a source to be read, with the loader's rights.

    Raises:
        SourceUnreachable: it does not answer.
    """
    parameters = {"sslmode": home.sslmode, "options": f"-c role={LOADER_ROLE}"}
    if home.sslrootcert:
        parameters["sslrootcert"] = home.sslrootcert
    url = (
        f"postgresql://{quote(home.user, safe='')}@{quote(home.host, safe='')}:{home.port}"
        f"/{quote(home.dbname, safe='')}?{urlencode(parameters, quote_via=quote)}"
    )
    return PostgresDatabase("the warehouse", url, home.password or None)


@dataclass(slots=True)
class Forms:
    """How columns are compared.

    `columns`: the names, in order. `cast`: name -> type in the warehouse of those that are compared
    as the text which the warehouse shows. `raw`: what to ask the raw table for.
    """

    columns: tuple[str, ...]
    cast: Mapping[str, str]
    raw: tuple[SourceColumn, ...]


def forms_of(load: Load, arriving: pa.Schema, raw: Sequence[SourceColumn]) -> Forms:
    """Settle how the columns that both sides have are compared.

    `arriving`: what `shaped` makes of the source's rows; `raw`: the raw table's columns.
    """
    held = {column.source_name: column for column in raw}
    names = tuple(n for n in arriving.names if n in held and n != ROW_HASH)
    cast: dict[str, str] = {}
    asked = []
    for name in names:
        column = held[name]
        is_same = arriving.field(name).type == column.transport
        if not is_same or load.image.staged.get(name) != load.image.raw.get(name):
            cast[name] = column.source_type
            column = replace(column, transport=pa.string())
        asked.append(column)
    asked += [held[name] for name in (ROW_HASH, "_loaded_at")]
    return Forms(names, cast, tuple(asked))


@dataclass(slots=True)
class SourceSide:
    """The rows of a source table as they would land. `rejected`: how often each row hash is in
    `etl.rejects`; as many such rows are left out. `unfit`: hashes of rows with a value that has no
    place in its type.
    """

    database: Database
    load: Load
    sieve: Sieve
    warehouse: Connection
    rejected: Counter[str]
    patience: float
    unfit: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    left_out: int = 0

    def schema(self) -> pa.Schema:
        """What a batch without a row looks like when it lands."""
        fields = [pa.field(c.source_name, c.transport) for c in self.load.extract.columns]
        return shaped(_empty(pa.schema(fields)), self.load.shape).schema

    def batches(self, forms: Forms, since: Mark | None = None) -> Iterator[pa.RecordBatch]:
        """Stream the rows, or those whose cursor is `since` or later.

        Raises:
            TableUnreadable, SourceUnreachable, Silent, ReadAgain: as the reader does.
            psycopg2.Error: a value does not fit the type of its column in the warehouse.
        """
        load, waiting = self.load, Counter(self.rejected)
        extract: Extract = replace(load.extract, since=since)
        unfit = Unfit(load.table, extract.relation, extract.columns, load.shape)
        self.rows = self.left_out = 0
        for batch in patiently(lambda: self.database.read(extract), self.patience):
            batch = self.sieve.through(unfit.sift(batch, self.sieve.through))
            batch = shaped(batch, load.shape)
            self.rows += batch.num_rows
            batch = self._without_rejected(batch, waiting)
            yield canonical(batch, forms, self.warehouse)
        self.rows += len(unfit.found)
        self.unfit = Counter(row_hash for _, row_hash, _ in unfit.found)
        self.left_out += len(unfit.found)

    def _without_rejected(self, batch: pa.RecordBatch, waiting: Counter[str]) -> pa.RecordBatch:
        if not waiting:
            return batch
        hashes = batch.column(ROW_HASH)
        hit = pc.is_in(hashes, value_set=pa.array(list(waiting), pa.string()))
        if not pc.any(hit).as_py():
            return batch
        kept = []
        for row_hash, is_hit in zip(hashes.to_pylist(), hit.to_pylist(), strict=True):
            is_out = is_hit and waiting[row_hash] > 0
            if is_out:
                waiting[row_hash] -= 1
            kept.append(not is_out)
        rest = batch.filter(pa.array(kept))
        self.left_out += batch.num_rows - rest.num_rows
        return rest


@dataclass(slots=True)
class RawSide:
    """The rows of a raw table, as they are now."""

    database: PostgresDatabase
    relation: str

    def columns(self) -> tuple[SourceColumn, ...]:
        return self.database.describe(self.relation).columns

    def batches(self, forms: Forms, where: str | None = None) -> Iterator[pa.RecordBatch]:
        """Stream the rows that a condition holds for, all of them without one."""
        for batch in self.database.read(Extract(self.relation, forms.raw, where)):
            for name, kind in forms.cast.items():
                at = batch.schema.get_field_index(name)
                batch = batch.set_column(at, name, _plain(batch.column(at), kind))
            yield batch


def canonical(batch: pa.RecordBatch, forms: Forms, warehouse: Connection) -> pa.RecordBatch:
    """The compared columns of a batch, and its `_row_hash`, as the raw table shows them."""
    arrays = []
    for name in forms.columns:
        values = batch.column(name)
        if name in forms.cast:
            values = _as_the_warehouse_shows(values, forms.cast[name], warehouse)
        arrays.append(values)
    return pa.RecordBatch.from_arrays(
        [*arrays, batch.column(ROW_HASH)], names=[*forms.columns, ROW_HASH]
    )


def _as_the_warehouse_shows(values: pa.Array, kind: str, warehouse: Connection) -> pa.StringArray:
    """Values cast to a type by the warehouse, as text; each distinct one is asked for once."""
    encoded = pc.cast(values, pa.string()).dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    if texts:
        with warehouse, warehouse.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "select cast(cast(given.value as " + kind + ") as text)"
                    " from unnest(cast(%s as text[])) with ordinality as given (value, place)"
                    " order by given.place"
                ),
                (texts,),
            )
            texts = [text for (text,) in cursor]
    return _plain(pa.array(texts, pa.string()), kind).take(encoded.indices)


def _plain(texts: pa.StringArray, kind: str) -> pa.StringArray:
    """Numbers without the zeros at their end: 1.50 is 1.5, however many digits it was sent with."""
    if not kind.startswith("numeric"):
        return texts
    texts = pc.replace_substring_regex(texts, r"(\.[0-9]*?)0+$", r"\1")
    return pc.replace_substring_regex(texts, r"\.$", "")


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([], column.type) for column in schema], schema=schema
    )


def refusal(error: Exception) -> str:
    """An error in one line that quotes no value."""
    if isinstance(error, psycopg2.DataError):
        return "a value does not fit the type of its column in the warehouse"
    return said_by(error)
