"""A raw table of a database and its staging table, in words of SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import Table
from ingest.databases.rows import ROW_HASH
from ingest.parts import Destination
from ingest.raw_tables import destination


@dataclass(frozen=True, slots=True)
class Image:
    """A table's image and what is staged for it.

    `key`: its key columns. `staged`: SQL name -> type in the staging table, `raw`: the same of the
    raw table, lineage left out. `cursor`: the SQL name of the column that says what is newer.
    `nullable`: those of the key in which null is one more value.
    `becomes_raw`: the staging table will take the place of the raw table, which is empty.
    """

    table: Table
    relation: str
    key: tuple[str, ...]
    staged: Mapping[str, str]
    raw: Mapping[str, str]
    cursor: str | None = None
    nullable: frozenset[str] = frozenset()
    becomes_raw: bool = False

    @property
    def to(self) -> Destination:
        return destination(self.table)


def nulls_of_key(image: Image) -> sql.SQL:
    """What a unique index on the key says of nulls."""
    return sql.SQL("nulls not distinct" if image.nullable else "")


def key_index(to: Destination) -> str:
    """The name of the unique index on the key of a table."""
    return f"{to.table}__key"


def values_of(image: Image, of: str | None = "come") -> dict[str, sql.Composable]:
    """What each raw column becomes, by name: the staged value in the raw column's type.

    A column that did not come is null from now on. `of`: the name of the staged rows in the query.
    """
    prefix = f"{of}." if of else ""
    values: dict[str, sql.Composable] = {}
    for name, kind in image.raw.items():
        if name not in image.staged:
            values[name] = sql.SQL("null")
        elif image.staged[name] == kind:
            values[name] = sql.SQL(prefix + "{}").format(sql.Identifier(name))
        else:
            values[name] = sql.SQL("cast(" + prefix + "{} as " + kind + ")").format(
                sql.Identifier(name)
            )
    return {**values, ROW_HASH: sql.SQL(prefix + "{}").format(sql.Identifier(ROW_HASH))}


def same_key(image: Image, come: Mapping[str, sql.Composable] | None = None) -> sql.Composable:
    """Compared in the raw column's type: staged keys may have travelled as text.

    `come`: the key's columns in other rows than those of the staging table.

    Nulls that are equal are compared as a text that no value is: an outer join wants equality.
    """
    values = come or values_of(image)
    return sql.SQL(" and ").join(
        sql.SQL(
            "coalesce(cast(held.{} as text), chr(1)) = coalesce(cast({} as text), chr(1))"
            if name in image.nullable
            else "held.{} = {}"
        ).format(sql.Identifier(name), values[name])
        for name in image.key
    )


def names_of(names: Sequence[str] | Mapping[str, object]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def one_number(cursor: Cursor) -> int:
    row = cursor.fetchone()
    return int(row[0]) if row else 0
