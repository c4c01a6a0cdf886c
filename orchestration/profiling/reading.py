"""One relation, streamed once as Arrow: a profile of each of its columns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.connections import adbc, address
from ingest.raw_tables import lineage_of
from ingest.settings import TRANSFORMER_ROLE, Warehouse
from ingest.warehouse import connect, one_value
from orchestration.profiling.tally import Tally, of_batch
from orchestration.relations import FILE_ID, Relation

# The old system left such columns out; here they are shown to a person (docs/profile.md).
SPARSE, FEW = 0.9, 0.01
# Beyond this share of the rows an estimate may stand for as many values as rows.
NEARLY_ALL = 0.95
TOP = 5
_NATIVE = ("smallint", "integer", "bigint", "real", "double precision")
NUMBERS = (*_NATIVE, "numeric")
_TEXTS = ("text", "character varying", "character", "name")


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a profile holds; the fields are those of `Tally`.

    is_unique: filled in every row, with no value twice. top: the most frequent values, with how
    often; none of a unique column. is_hidden: its values are personal, so there are counts alone.
    """

    name: str
    data_type: str
    rows: int
    nulls: int
    blanks: int
    distinct: int
    is_estimated: bool
    is_unique: bool
    smallest: str | None
    greatest: str | None
    mean: float | None
    shortest: int | None
    longest: int | None
    top: tuple[tuple[str, int], ...] = ()
    is_hidden: bool = False

    @property
    def filled(self) -> float:
        """Share of the rows with a value that says something; 0 of no rows."""
        return (self.rows - self.nulls - self.blanks) / self.rows if self.rows else 0.0

    @property
    def state(self) -> str:
        """`empty`, `constant`, `sparse`, `low variety`, or nothing to say.

        Constant is one value in every row: beside nulls a single value still tells rows apart.
        """
        if not self.rows:
            return ""
        if self.nulls + self.blanks == self.rows:
            return "empty"
        if self.distinct == 1 and not self.nulls:
            return "constant"
        if 1 - self.filled > SPARSE:
            return "sparse"
        return "low variety" if self.distinct < FEW * self.rows or self.distinct == 1 else ""


@dataclass(frozen=True, slots=True)
class Profile:
    """A relation at a moment. `seconds`: what it took to read."""

    relation: Relation
    rows: int
    columns: tuple[Column, ...]
    profiled_at: datetime
    seconds: float

    def in_state(self, *states: str) -> list[Column]:
        """The columns in some states, in the order of the table."""
        return [column for column in self.columns if column.state in states]

    @property
    def keys(self) -> list[str]:
        """Columns that could be the key: unique and filled."""
        return [column.name for column in self.columns if column.is_unique]


def profile(home: Warehouse, relation: Relation, on_rows: Callable[[int], None]) -> Profile:
    """Read a relation once and say what its columns hold.

    on_rows: told how many rows each batch brought.
    """
    began, moment = time.monotonic(), datetime.now(UTC)
    # Not what landing adds to each row.
    own = set(relation.columns) - (
        set(lineage_of(relation.declared)) if relation.declared else set()
    )
    if not own:
        # Declared without columns, and nothing has landed yet that would bring any.
        return Profile(relation, 0, (), moment, 0.0)
    tallies = {name: Tally(_kind(kind)) for name, kind in relation.columns.items() if name in own}
    with closing(connect(home, role=TRANSFORMER_ROLE, autocommit=True)) as opened:
        query = _query(relation, list(tallies)).as_string(opened)
        _stream(home, query, tallies, on_rows)
        with opened.cursor() as cursor:
            columns = tuple(
                _column(cursor, relation, name, tally) for name, tally in tallies.items()
            )
    rows = next(iter(tallies.values())).rows
    return Profile(relation, rows, columns, moment, round(time.monotonic() - began, 1))


def _stream(
    home: Warehouse, query: str, tallies: dict[str, Tally], on_rows: Callable[[int], None]
) -> None:
    connections = adbc(address(home, TRANSFORMER_ROLE))
    try:
        with connections.one() as held:
            with held.cursor() as cursor:
                cursor.execute(query)
                for batch in cursor.fetch_record_batch():
                    of_batch(batch, tallies)
                    on_rows(batch.num_rows)
            held.rollback()
    finally:
        connections.close()


def _kind(data_type: str) -> str:
    base = data_type.partition("(")[0]
    if base in NUMBERS:
        return "number"
    return "text" if base in _TEXTS else "other"


def _query(relation: Relation, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("select {} from {}").format(
        sql.SQL(", ").join(
            sql.SQL("{} as {}").format(_form(name, relation.columns[name]), sql.Identifier(name))
            for name in columns
        ),
        relation.qualified,
    )


def _form(name: str, data_type: str) -> sql.Composed:
    """A column as it travels: 1.50 and 1.5 are one value; a day or a moment that no calendar of
    Python has (`infinity`) has a text, whose order is that of time.
    """
    base = data_type.partition("(")[0]
    form = "cast({} as text)"
    if base in (*_NATIVE, "text", "character varying", "boolean"):
        form = "{}"
    elif base == "numeric":
        form = "cast(trim_scale({}) as text)"
    elif base == "bytea":
        form = "md5({})"
    return sql.SQL(form).format(sql.Identifier(name))


def _column(cursor: Cursor, relation: Relation, name: str, tally: Tally) -> Column:
    data_type = relation.columns[name]
    unique = _is_unique(cursor, relation, name, tally)
    top = [] if unique else tally.top(TOP)
    hidden = name in relation.hidden or (tally.is_personal and name != FILE_ID)
    return Column(
        name,
        data_type,
        rows=tally.rows,
        nulls=tally.nulls,
        blanks=tally.blanks,
        distinct=tally.rows if unique else tally.distinct,
        is_estimated=tally.is_estimated and not unique,
        is_unique=unique,
        smallest=None if hidden else _text(tally.smallest),
        greatest=None if hidden else _text(tally.greatest),
        mean=None if hidden else tally.mean,
        shortest=tally.shortest,
        longest=tally.longest,
        top=() if hidden else tuple((_text(value) or "", count) for value, count in top),
        is_hidden=hidden,
    )


def _is_unique(cursor: Cursor, relation: Relation, name: str, tally: Tally) -> bool:
    """Whether a column could be the key; where its values were not counted, the server is asked."""
    if not tally.rows or tally.filled < tally.rows:
        return False
    if not tally.is_estimated:
        return tally.distinct == tally.rows
    if tally.distinct < NEARLY_ALL * tally.rows:
        return False
    cursor.execute(
        sql.SQL("select not exists (select 1 from {} group by {} having count(*) > 1)").format(
            # Not every type has an equality (json): what is counted is what travels.
            *(relation.qualified, _form(name, relation.columns[name]))
        )
    )
    return bool(one_value(cursor))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
