"""Where a person may be in raw and ods, as the declarations say, and how their rows are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import DatabaseOrigin, Subject, Table
from ingest.databases.extents import numbered
from ingest.names import snake_case
from ingest.parts import Destination
from ingest.raw_tables import destination, present_types

_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a source knows by a key. `hashes`: the pseudonyms that the key can have."""

    source: str
    kind: str
    key: str
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        """`erp.client`: what kind of person, never who."""
        return f"{self.source}.{self.kind}"


@dataclass(frozen=True, slots=True)
class Place:
    """A relation that may hold a person. `types`: its columns; `own`: those that hold the key;
    `personal`: those that are emptied with it.
    """

    table: Table
    subject: Subject
    to: Destination
    types: Mapping[str, str]
    own: tuple[str, ...]
    personal: tuple[str, ...]

    @property
    def is_keyless(self) -> bool:
        """Whether its rows are told by their content, so that equal ones are one."""
        origin = self.table.origin
        keyless = isinstance(origin, DatabaseOrigin) and origin.primary_key == ("_row_hash",)
        return keyless and self.to == destination(self.table)


def places(
    cursor: Cursor,
    tables: Sequence[Table],
    histories: Mapping[tuple[str, str], Destination],
    kind: str,
) -> list[Place]:
    """The raw tables and histories that may hold a kind of person, once they are there."""
    found = []
    wanted = [
        (table, subject, to)
        for table in tables
        for subject in table.subjects
        for to in (destination(table), histories.get((table.source, table.name)))
        if subject.kind == kind and to
    ]
    present = present_types(cursor, {to.schema for _, _, to in wanted})
    for table, subject, to in wanted:
        types = present.get(to, {})
        # What is declared for many tables at once is not in each of them.
        if own := _present(table, subject.columns, types):
            personal = _present(table, subject.personal, types)
            found.append(Place(table, subject, to, types, own, personal))
    return found


def _present(table: Table, columns: Sequence[str], types: Mapping[str, str]) -> tuple[str, ...]:
    """SQL names of declared columns, elements of arrays included."""
    extents = table.origin.extents if isinstance(table.origin, DatabaseOrigin) else {}
    names = [
        name
        for column in columns
        for name in (snake_case(column), *numbered(snake_case(column), extents.get(column, 0)))
    ]
    return tuple(name for name in names if name in types)


def is_theirs(column: str, kind: str, person: Person) -> sql.Composable:
    """Whether a column of that type holds the person's key, in clear or as a pseudonym."""
    name = sql.Identifier(column)
    if kind.partition("(")[0] in _NUMBERS:
        number = _number(person.key)
        if number is None:
            return sql.SQL("false")
        return sql.SQL("coalesce({} = {}, false)").format(name, sql.Literal(number))
    forms = [person.key, *person.hashes]
    text = name if kind == "text" else sql.SQL("cast({} as text)").format(name)
    return sql.SQL("coalesce({} = any({}), false)").format(text, sql.Literal(forms))


def any_is_theirs(
    columns: Sequence[str], types: Mapping[str, str], person: Person
) -> sql.Composable:
    """Whether any of some columns does."""
    return sql.SQL("({})").format(
        sql.SQL(" or ").join(
            [sql.SQL("false"), *(is_theirs(name, types[name], person) for name in columns)]
        )
    )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
