"""A person leaves raw, ods and the rejects, in one transaction that also remembers who it was.

Where a declaration says `erase: delete` the rows go; elsewhere they stay without the person's key
and the columns declared as personal. `_row_hash` is a sum over the columns, so what the emptied
ones gave is taken off it: the row is the one that the next load makes of the source's, and no false
version begins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from ingest.catalog import Table
from ingest.databases.rows import ROW_HASH, hash_without
from ingest.databases.tables import names_of
from ingest.privacy.persons import remember
from ingest.privacy.subjects import Person, Place, any_is_theirs, is_theirs
from ingest.raw_tables import destination, drop_staging, qualified

_ARROW: dict[str, pa.DataType] = {
    "smallint": pa.int64(),
    "integer": pa.int64(),
    "bigint": pa.int64(),
    "text": pa.string(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "double precision": pa.float64(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
}


def erase(
    cursor: Cursor, person: Person, found: Sequence[Place], *, secret: bytes, run_id: str
) -> dict[str, int]:
    """Erase a person in the cursor's transaction; returns rows changed or deleted by relation."""
    remember(cursor, person.source, person.kind, person.hashes, secret, run_id)
    # What a load that died has staged: nobody will use it, and no index finds anybody in it.
    drop_staging(cursor, {place.table.schema for place in found})
    changed: dict[str, int] = {}
    for place in found:
        cursor.execute(sql.SQL("lock table {} in share row exclusive mode").format(_at(place)))
        deleted, emptied = _delete(cursor, place, person), 0
        if not place.subject.deletes:
            deleted, emptied = _anonymise(cursor, place, person)
        if place.to == destination(place.table):
            cursor.execute(
                "update etl.source_tables set image_rows = image_rows - %s"
                " where source = %s and table_name = %s and %s > 0",
                (deleted, place.table.source, place.table.name, deleted),
            )
        changed[f"{place.to.schema}.{place.to.table}"] = deleted + emptied
    for table in {place.table.key: place.table for place in found}.values():
        forget_rejects(cursor, table, person)
    return changed


def _delete(cursor: Cursor, place: Place, person: Person) -> int:
    if not place.subject.deletes:
        return 0
    cursor.execute(
        sql.SQL("delete from {} where {}").format(
            _at(place), any_is_theirs(place.own, place.types, person)
        )
    )
    return cursor.rowcount


def _anonymise(cursor: Cursor, place: Place, person: Person) -> tuple[int, int]:
    """Empty the person's columns; returns rows deleted, since another is the same now, and kept."""
    hits = [is_theirs(name, place.types[name], person) for name in place.own]
    wanted = list(dict.fromkeys([*place.own, *place.personal]))
    cursor.execute(
        sql.SQL("select cast(ctid as text), array[{}]::boolean[], {}, {} from {} where {}").format(
            sql.SQL(", ").join(hits),
            sql.Identifier(ROW_HASH),
            sql.SQL(", ").join(_readable(name, place.types[name]) for name in wanted),
            _at(place),
            any_is_theirs(place.own, place.types, person),
        )
    )
    groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in cursor.fetchall():
        theirs = [name for name, hit in zip(place.own, row[1], strict=True) if hit]
        groups[tuple(dict.fromkeys([*theirs, *place.personal]))].append(row)
    deleted = emptied = 0
    for columns, rows in groups.items():
        values = {
            name: pa.array([row[3 + wanted.index(name)] for row in rows], _arrow(place.types[name]))
            for name in columns
        }
        batch = pa.RecordBatch.from_arrays(list(values.values()), names=list(values))
        hashes = hash_without([row[2] for row in rows], batch)
        moved = {row[0]: new for row, new in zip(rows, hashes, strict=True)}
        if place.is_keyless:
            count = len(moved)
            moved = _merged(cursor, place, moved)
            deleted += count - len(moved)
        emptied += _write(cursor, place, columns, moved)
    return deleted, emptied


def _merged(cursor: Cursor, place: Place, moved: dict[str, str]) -> dict[str, str]:
    """Of rows that are told by their content, those that no other row is equal to any more."""
    cursor.execute(
        sql.SQL("select {} from {} where {} = any(%s)").format(
            sql.Identifier(ROW_HASH), _at(place), sql.Identifier(ROW_HASH)
        ),
        (list(moved.values()),),
    )
    taken = {row[0] for row in cursor.fetchall()}
    kept: dict[str, str] = {}
    for where, new in moved.items():
        if new not in taken:
            taken.add(new)
            kept[where] = new
    gone = [where for where in moved if where not in kept]
    cursor.execute(
        sql.SQL("delete from {} where ctid = any(cast(%s as tid[]))").format(_at(place)), (gone,)
    )
    return kept


def _write(cursor: Cursor, place: Place, columns: Sequence[str], moved: dict[str, str]) -> int:
    if not moved:
        return 0
    query = sql.SQL(
        "update {} as held set {}, {} = moved.hash from (values %s) as moved (place, hash)"
        " where held.ctid = cast(moved.place as tid)"
    ).format(
        _at(place),
        sql.SQL(", ").join(sql.SQL("{} = null").format(sql.Identifier(name)) for name in columns),
        sql.Identifier(ROW_HASH),
    )
    execute_values(cursor, query, list(moved.items()), page_size=10_000)
    return len(moved)


def forget_rejects(cursor: Cursor, table: Table, person: Person) -> None:
    """Rejected rows of a person; those of a table with personal columns have no text at all."""
    condition = rejects_of(table, person)
    cursor.execute(sql.SQL("delete from etl.rejects where {}").format(condition))


def rejects_of(table: Table, person: Person) -> sql.Composable:
    """Which rejects of a table are rows of a person: their text is the row, as JSON."""
    from ingest.names import snake_case

    columns = [
        snake_case(name)
        for subject in table.subjects
        if subject.kind == person.kind
        for name in subject.columns
    ]
    return sql.SQL(
        "(source = {} and table_name = {} and exists (select 1 from"
        " jsonb_each_text(cast(raw_text as jsonb)) as field (name, value)"
        " where field.name = any({}) and field.value = any({})))"
    ).format(
        sql.Literal(table.source),
        sql.Literal(table.name),
        sql.Literal(columns),
        sql.Literal([person.key, *person.hashes]),
    )


def _at(place: Place) -> sql.Composed:
    return qualified(place.to)


def _arrow(kind: str) -> pa.DataType:
    base, _, rest = kind.partition("(")
    if base == "numeric" and rest:
        precision, _, scale = rest.rstrip(")").partition(",")
        return pa.decimal128(int(precision), int(scale or 0))
    return _ARROW.get(kind, pa.string())


def _readable(name: str, kind: str) -> sql.Composable:
    """A value as the source gave it: what Arrow has no type for travelled as text."""
    column = names_of([name])
    if pa.types.is_string(_arrow(kind)):
        return sql.SQL("cast({} as text)").format(column)
    return column
