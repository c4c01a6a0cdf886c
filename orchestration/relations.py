"""Which relation of the warehouse a word means, its columns, and which of them are personal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import Catalog, DatabaseOrigin, Table
from ingest.databases.extents import numbered
from ingest.files.protect import DROP
from ingest.names import snake_case
from ingest.parts import Destination
from ingest.raw_tables import destination
from ingest.settings import SettingsError
from ingest.warehouse import MODEL_SCHEMAS

# HMAC-SHA256 in hex: what stands for a personal value, whatever a model calls its column; alone, or
# within a text, an array or a document.
PSEUDONYM = r"(^|[^0-9a-f])[0-9a-f]{64}([^0-9a-f]|$)"
# The one column that has this form and says nothing of a person.
FILE_ID = "_file_id"
PERSONAL = "(personal)"

_COLUMNS = """
    select
        namespaces.nspname,
        classes.relname,
        attributes.attname,
        format_type(attributes.atttypid, attributes.atttypmod)
    from pg_class as classes
    inner join pg_namespace as namespaces on classes.relnamespace = namespaces.oid
    inner join pg_attribute as attributes on attributes.attrelid = classes.oid
    where
        namespaces.nspname = any(%s)
        and classes.relname = any(%s)
        and classes.relkind in ('r', 'p', 'v', 'm')
        and attributes.attnum > 0
        and not attributes.attisdropped
    order by classes.oid, attributes.attnum
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view: `name` as users write it, `columns` with their types, in their order.

    declared: the source table whose landed rows it holds; None for what dbt built. hidden: the
    columns of which no value may be shown.
    """

    name: str
    to: Destination
    columns: Mapping[str, str]
    declared: Table | None
    hidden: frozenset[str]

    @property
    def qualified(self) -> sql.Composed:
        return sql.SQL("{}.{}").format(
            sql.Identifier(self.to.schema), sql.Identifier(self.to.table)
        )


def is_pseudonym(column: str, value: object) -> bool:
    """Whether a value looks like what stands for a personal one, or has such a one in it."""
    if column == FILE_ID or not isinstance(value, str | dict | list):
        return False
    return re.search(PSEUDONYM, str(value)) is not None


def find(cursor: Cursor, catalog: Catalog, words: Sequence[str]) -> list[Relation]:
    """The relations that some words mean, each once.

    A word is a source (all its tables), `source.table`, a table, a model or `schema.relation`; a
    landed table goes before a view of the same name.

    Raises:
        SettingsError: a word means nothing that is there, or several things.
    """
    meant: dict[Destination, Table | None] = {}
    named: dict[str, list[Destination]] = {}
    for word in words:
        tables = _tables(catalog, word)
        schema, _, name = word.rpartition(".")
        meant |= {destination(table): table for table in tables}
        named[word] = [destination(table) for table in tables] or [
            Destination(own, name) for own in ([schema] if schema else MODEL_SCHEMAS)
        ]
    known = {destination(table): table for table in catalog.tables}
    present = columns_of(cursor, (to for places in named.values() for to in places))
    found: dict[Destination, Relation] = {}
    for word, places in named.items():
        there = [to for to in places if to in present and _is_ours(catalog, to)]
        if not there:
            raise SettingsError(_unknown(word, [to for to in places if to in meant]))
        if len(there) > 1 and not any(to in meant for to in there):
            names = ", ".join(f"{to.schema}.{to.table}" for to in there)
            raise SettingsError(f"{word}: it could be {names}; write the one that you mean")
        for to in there:
            found[to] = _relation(catalog, to, present[to], known.get(to))
    return list(found.values())


def columns_of(cursor: Cursor, wanted: Iterable[Destination]) -> dict[Destination, dict[str, str]]:
    """Columns and types of those of some tables and views that are there."""
    asked = list(wanted)
    cursor.execute(_COLUMNS, ([to.schema for to in asked], [to.table for to in asked]))
    found: dict[Destination, dict[str, str]] = {}
    for schema, name, column, kind in cursor.fetchall():
        found.setdefault(Destination(schema, name), {})[column] = kind
    return {to: found[to] for to in asked if to in found}


def _tables(catalog: Catalog, word: str) -> list[Table]:
    """The declared tables that a word means; several only of a whole source."""
    own = [table for table in catalog.tables if table.source == word]
    if own:
        return own
    found = [table for table in catalog.tables if word in (table.key, table.name)]
    if len(found) > 1:
        names = ", ".join(table.key for table in found)
        raise SettingsError(f"{word}: it could be {names}; write the one that you mean")
    return found


def _is_ours(catalog: Catalog, to: Destination) -> bool:
    return to.schema in MODEL_SCHEMAS or to.schema in {s.schema for s in catalog.sources}


def _unknown(word: str, declared: Sequence[Destination]) -> str:
    if declared:
        return f"{word}: nothing has landed in this target yet; run `python ingest/run_all.py`"
    return (
        f"{word}: no landed table, and no model that is built in this target (write source.table,"
        " a table, a model, or schema.relation)"
    )


def _relation(
    catalog: Catalog, to: Destination, columns: Mapping[str, str], table: Table | None
) -> Relation:
    hidden = _personal(table) if table else _named_personal(catalog)
    name = table.key if table else to.table
    return Relation(name, to, columns, table, frozenset(hidden & columns.keys()))


def _personal(table: Table) -> set[str]:
    """Columns of a landed table that say who somebody is: `pii`, and `personal` of a subject."""
    extents = table.origin.extents if isinstance(table.origin, DatabaseOrigin) else {}
    declared = [*table.pii, *(name for subject in table.subjects for name in subject.personal)]
    return {
        one
        for name in declared
        for one in (snake_case(name), *numbered(snake_case(name), extents.get(name, 0)))
    }


def _named_personal(catalog: Catalog) -> set[str]:
    """Names of personal columns that land, in any source: histories, and models that do not rename
    them, keep these names.
    """
    return {
        name
        for source in catalog.sources
        for table in source.tables
        for name in _personal(table) - {snake_case(n) for n, r in table.pii.items() if r == DROP}
    }
