"""What one load of a source table will read, settled before its first row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from ingest.catalog import DatabaseOrigin, Table
from ingest.databases.extents import numbered
from ingest.databases.marks import Known, definition, since
from ingest.databases.model import Described, Extract, SourceColumn, TableUnreadable
from ingest.databases.rows import ROW_HASH, Shape
from ingest.databases.tables import Image
from ingest.files.protect import DROP, PSEUDONYMISE
from ingest.names import NameCollision, NoName, column_names, snake_case
from ingest.raw_tables import declared_columns, lineage_of

_ALIASES = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "decimal": "numeric",
    "varchar": "text",
    "character varying": "text",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
}
_STAGED = {
    pa.int16(): "smallint",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float32(): "real",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp without time zone",
    pa.timestamp("us", tz="UTC"): "timestamp with time zone",
    pa.binary(): "bytea",
    pa.string(): "text",
}


@dataclass(slots=True)
class Load:
    """One table's load: what to read, how to name it, and what the image is made of.

    `notes`: what the source changed since the last load, one line each.
    """

    table: Table
    extract: Extract
    shape: Shape
    image: Image
    definition: dict[str, Any]
    is_full: bool
    held_rows: int
    notes: list[str] = field(default_factory=list)

    @property
    def known_columns(self) -> tuple[list[SourceColumn], dict[str, str]]:
        """What `etl.columns` is to know: columns and their SQL names, elements of arrays too."""
        columns, names = list(self.extract.columns), dict(self.shape.names)
        for column in self.extract.columns:
            count = self.shape.extents.get(names[column.source_name], 0)
            for place, name in enumerate(numbered(names[column.source_name], count), 1):
                element = f"{column.source_name}[{place}]"
                columns.append(replace(column, source_name=element))
                names[element] = name
        return columns, names


def plan_load(
    table: Table,
    described: Described,
    known: Known | None,
    *,
    place: str,
    now: datetime,
    force_full: bool,
    pii_key: bytes | None = None,
) -> Load:
    """Settle columns, key, types and reach of one load.

    Raises:
        TableUnreadable: no key, a declared column is not there, names collide or have no letter, or
            a type changed.
    """
    origin = table.origin
    assert isinstance(origin, DatabaseOrigin)
    declared = {c.name: plain_type(c.data_type) for c in table.columns if c.data_type}
    try:
        columns = [
            _as_declared(c, declared)
            for c in described.columns
            if not _is_unwanted(table, c.source_name)
        ]
        names = column_names(column.source_name for column in columns)
    except (NameCollision, NoName) as error:
        which = "one of them" if isinstance(error, NameCollision) else "it"
        raise TableUnreadable(f"{table.key}: {error}; exclude {which}") from error
    key = origin.primary_key or described.primary_key
    if not key:
        raise TableUnreadable(f"{table.key}: the source has no key; declare `primary_key`")
    for column in [*key, *([origin.cursor] if origin.cursor else [])]:
        if column not in names and column != ROW_HASH:
            raise TableUnreadable(
                f"{table.key}: {origin.relation} has no column {column!r}; mend the entry in"
                f" {table.declared_in} (`entrepot sync-columns {table.source} {table.name}` shows"
                " what there is)"
            )
    defined = definition(table, f"{place} {described.made}".strip(), key, columns)
    extents = _extents(table, names)
    elements = [name for array, count in extents.items() for name in numbered(array, count)]
    notes = _changes(table, defined, known, declared, names, columns, elements)
    cursor_kind = {c.source_name: c.transport for c in columns}.get(origin.cursor or "")
    if cursor_kind == pa.string() and (origin.lookback or origin.cursor_precision):
        raise TableUnreadable(
            f"{table.key}: cursor {origin.cursor} is text, of which nothing can be looked back;"
            " take a date as cursor, or none"
        )
    start = None
    if (
        origin.cursor
        and cursor_kind is not None
        and not force_full
        and table.mode != "full"
        and known
        and known.mark
        and known.definition == defined
    ):
        start = since(table, known.mark, cursor_kind, now)
        if start is None:
            notes.append(f"the mark {known.mark} lies in the future: everything is read again")
    pseudonyms = {names[c] for c in names if _rule(table, c) == PSEUDONYMISE}
    shape = Shape(names, pseudonyms, extents, pii_key)
    raw = {
        names[c.source_name]: (
            "text"
            if names[c.source_name] in pseudonyms
            else declared.get(names[c.source_name], c.raw_type)
        )
        for c in columns
    }
    staged = {
        names[c.source_name]: "text"
        if names[c.source_name] in pseudonyms
        else _staged_type(c, raw[names[c.source_name]])
        for c in columns
    }
    for element in elements:
        raw[element], staged[element] = declared.get(element, "text"), "text"
    return Load(
        table=table,
        extract=Extract(origin.relation, columns, origin.filter, origin.cursor, start),
        shape=shape,
        image=Image(
            table,
            origin.relation,
            tuple(names.get(column, column) for column in key),
            staged,
            raw,
            names[origin.cursor] if origin.cursor else None,
            frozenset(names[column] for column in origin.nullable_key),
        ),
        definition=defined,
        is_full=start is None,
        held_rows=known.image_rows if known else 0,
        notes=notes,
    )


def widen(load: Load, present: Mapping[str, str]) -> dict[str, str]:
    """Columns that the raw table lacks, with their types; the image learns those it has beside.

    `present`: the raw table's columns and types as they are.
    """
    missing = {name: kind for name, kind in load.image.raw.items() if name not in present}
    own = {name: kind for name, kind in present.items() if name not in lineage_of(load.table)}
    kept = {name: load.image.raw.get(name, kind) for name, kind in own.items()}
    load.image = replace(load.image, raw={**kept, **missing})
    return missing


def retyped(load: Load, present: Mapping[str, str]) -> dict[str, str]:
    """Raw columns whose type is no longer the one that is declared for them."""
    return {
        name: kind
        for name, kind in load.image.raw.items()
        if name in present and plain_type(present[name]) != plain_type(kind)
    }


def plain_type(name: str | None) -> str:
    """One spelling per type: `NUMERIC (15, 2)` -> `numeric(15,2)`, `timestamptz` in full."""
    spelled = re.sub(r"\s*([(),])\s*", r"\1", (name or "text").strip().lower())
    base, bracket, rest = spelled.partition("(")
    base = _ALIASES.get(base, base)
    return "text" if base == "text" else base + bracket + rest


def _staged_type(column: SourceColumn, raw_type: str) -> str:
    kind = column.transport
    if pa.types.is_decimal(kind):
        return raw_type if raw_type.startswith("numeric") else column.raw_type
    return _STAGED[kind]


def _as_declared(column: SourceColumn, declared: Mapping[str, str]) -> SourceColumn:
    """A day, a moment or a decimal that is declared as text travels as the text that the source
    shows: it may be none of the calendar, or no number.
    """
    is_text = declared.get(snake_case(column.source_name)) == "text"
    kind = column.transport
    if is_text and (pa.types.is_temporal(kind) or pa.types.is_decimal(kind)):
        return replace(column, transport=pa.string(), as_text=True)
    return column


def _is_unwanted(table: Table, column: str) -> bool:
    origin = table.origin
    assert isinstance(origin, DatabaseOrigin)
    return column in origin.exclude or _rule(table, column) == DROP


def _rule(table: Table, column: str) -> str | None:
    """What is to be done with a personal column, declared by its source name or its SQL name."""
    return table.pii.get(column) or table.pii.get(snake_case(column))


def _extents(table: Table, names: Mapping[str, str]) -> dict[str, int]:
    """SQL name -> number of elements of the columns that are declared to hold an array."""
    origin = table.origin
    assert isinstance(origin, DatabaseOrigin)
    found = {}
    for column, count in origin.extents.items():
        if column not in names:
            raise TableUnreadable(
                f"{table.key}: {origin.relation} has no column {column!r}; mend `extents`"
            )
        if taken := set(numbered(names[column], count)) & set(names.values()):
            raise TableUnreadable(
                f"{table.key}: `extents` makes {min(taken)} of {column!r}, and the source has a"
                " column of that name; exclude it or leave the array whole"
            )
        found[names[column]] = count
    return found


def _changes(
    table: Table,
    defined: Mapping[str, Any],
    known: Known | None,
    declared: Mapping[str, str],
    names: Mapping[str, str],
    columns: list[SourceColumn],
    elements: Sequence[str],
) -> list[str]:
    """What the source changed, in words; a type that changed must have been declared."""
    absent = [name for name in declared_columns(table) if name not in {*names.values(), *elements}]
    notes = [
        f"column {name} is declared but {defined['relation']} has none: null"
        for name in absent
        if name not in lineage_of(table)
    ]
    if known is None:
        return notes
    before: Mapping[str, str] = known.definition["columns"]
    for column in columns:
        name, kind = column.source_name, column.source_type
        wanted = "text" if column.as_text else plain_type(column.raw_type)
        if name not in before:
            notes.append(f"schema_change: column {name} ({kind}) is new")
        elif before[name] != kind and declared.get(names[name]) != wanted:
            raise TableUnreadable(
                f"{table.key}: column {name} is now {kind}, it was {before[name]}; to accept it"
                f" write `data_type: {column.raw_type}` for it under `columns:`"
                f" in {table.declared_in}"
            )
    notes += [
        f"schema_change: column {name} is gone: null from now on"
        for name in before
        if name not in defined["columns"] and name not in table.pii
    ]
    return notes
