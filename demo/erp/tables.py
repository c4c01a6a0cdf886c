"""The six tables: how they are laid out in the schema "PUB", and how rows are added to them."""

from __future__ import annotations

from collections.abc import Callable

from psycopg2.extensions import cursor as Cursor

from demo.database import refuse_rows
from demo.erp.codes import fewest_codes, tabgco
from demo.erp.columns import Table, text
from demo.erp.orders import lignecli
from demo.erp.parties import client, fournis
from demo.erp.products import hisprixa, produit
from demo.erp.size import ROWS, Making

SCHEMA = "PUB"
TABLES: dict[str, Callable[[Making], Table]] = {
    "tabgco": tabgco,
    "fournis": fournis,
    "client": client,
    "produit": produit,
    "hisprixa": hisprixa,
    "lignecli": lignecli,
}


def quoted(name: str) -> str:
    """A name as SQL; those of the ERP have capitals and hyphens."""
    return f'"{name}"'


def named(table: str) -> str:
    """A table of the source as SQL."""
    return f"{quoted(SCHEMA)}.{quoted(table)}"


def rows_at_first(making: Making, table: str) -> int:
    """The rows of a table on day 0: no code is missing at any scale."""
    return max(making.rows(table), fewest_codes() if table == "tabgco" else 0)


def fill(cursor: Cursor, making: Making) -> int:
    """Lay out the tables and write day 0; return the number of rows.

    Raises:
        demo.database.Refused: if one of the tables holds rows already.
    """
    cursor.execute(f"create schema if not exists {quoted(SCHEMA)}")
    made = {name: make(making) for name, make in TABLES.items()}
    for table in made.values():
        cursor.execute(_layout(table))
    refuse_rows(cursor, SCHEMA, tuple(made))
    for table in made.values():
        cursor.execute(_labels(table))
    count = 0
    for name in ROWS:
        table = made[name]
        count += add(cursor, table, 1, rows_at_first(making, name))
        for columns, unique in table.indexes:
            kind = "unique index" if unique else "index"
            cursor.execute(f"create {kind} on {named(name)} ({columns})")
        # Later rows are joined to these.
        cursor.execute(f"analyze {named(name)} ({quoted(table.columns[0].name)})")
    return count


def add(cursor: Cursor, table: Table, first: int, last: int) -> int:
    """Add the rows with these numbers; return how many."""
    if last < first:
        return 0
    # What is null or constant is left to the defaults.
    varying = [column for column in table.columns if column.value and not column.constant]
    cursor.execute(
        f"insert into {named(table.name)} ({', '.join(quoted(c.name) for c in varying)})\n"
        f"select {', '.join(str(c.value) for c in varying)}\n"
        f"from generate_series({first}::bigint, {last}::bigint) as numbered (k)\n{table.steps}"
    )
    return cursor.rowcount


def _layout(table: Table) -> str:
    columns = ",\n".join(
        f"{quoted(column.name)} {column.type}"
        + (f" default {column.value}" if column.constant else "")
        + (" not null" if column.needed else "")
        for column in table.columns
    )
    return f"create table if not exists {named(table.name)} (\n{columns}\n)"


def _labels(table: Table) -> str:
    return "\n".join(
        f"comment on column {named(table.name)}.{quoted(column.name)} is {text(column.label)};"
        for column in table.columns
    )
