"""The raw image of a source table: staged rows become the current rows, in one transaction.

A delta upserts; a full load also removes the keys that the source no longer has. Either way a row
whose content did not change is not touched: it keeps `_row_hash`, `_run_id` and `_loaded_at`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from ingest.databases.keys import forget_rejects, has_unique_keys, reject_by_key
from ingest.databases.rows import ROW_HASH
from ingest.databases.tables import (
    Image,
    key_index,
    names_of,
    nulls_of_key,
    one_number,
    same_key,
    values_of,
)
from ingest.raw_tables import (
    DEFAULTS,
    IMAGE_LINEAGE,
    add_columns,
    definition,
    qualified,
    staging,
)


class Shrunk(Exception):
    """A table came back empty or far smaller than it was: a person has to say that it may."""


@dataclass(slots=True)
class Counts:
    """What a load came to, in rows."""

    read: int = 0
    rejected: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    image: int = 0
    without_cursor: int = 0

    @property
    def changed(self) -> int:
        return self.inserted + self.updated + self.deleted


def may_become_raw(cursor: Cursor, image: Image) -> bool:
    """Whether the staged rows need not be written a second time: a first load into a raw table
    that is empty, that no view reads yet, and whose columns have the types that arrive.
    """
    if any(kind != image.raw[name] for name, kind in image.staged.items()):
        return False
    cursor.execute(sql.SQL("select exists (select 1 from {})").format(qualified(image.to)))
    if one_number(cursor):
        return False
    cursor.execute(
        "select count(*) from pg_depend where refclassid = 'pg_class'::regclass"
        " and classid = 'pg_rewrite'::regclass and refobjid = to_regclass(%s)",
        (f'"{image.to.schema}"."{image.to.table}"',),
    )
    return not one_number(cursor)


def create_staging(cursor: Cursor, image: Image) -> None:
    """An empty table for the rows of this load; nothing but this run ever reads it."""
    waiting = qualified(staging(image.to))
    cursor.execute(sql.SQL("drop table if exists {}").format(waiting))
    columns: list[sql.Composable] = [
        sql.SQL("{} " + kind).format(sql.Identifier(name))
        for name, kind in {**image.staged, ROW_HASH: "text"}.items()
    ]
    if image.becomes_raw:
        columns += [
            sql.SQL("{} " + definition(name, IMAGE_LINEAGE[name])).format(sql.Identifier(name))
            for name in DEFAULTS
        ]
    cursor.execute(
        sql.SQL("create {} table {} ({})").format(
            sql.SQL("" if image.becomes_raw else "unlogged"), waiting, sql.SQL(", ").join(columns)
        )
    )


def drop_staging(cursor: Cursor, image: Image) -> None:
    cursor.execute(sql.SQL("drop table if exists {}").format(qualified(staging(image.to))))


def ensure_key(cursor: Cursor, image: Image) -> None:
    """The unique index on the key, which also makes a delta cheap to merge."""
    cursor.execute(
        sql.SQL("create unique index if not exists {} on {} ({}) {}").format(
            sql.Identifier(key_index(image.to)),
            qualified(image.to),
            names_of(image.key),
            nulls_of_key(image),
        )
    )


def merge(
    cursor: Cursor,
    image: Image,
    *,
    run_id: str,
    loaded_at: datetime,
    is_full: bool,
    accept_shrink: bool,
    held_rows: int,
    unfit: Sequence[tuple[Any, ...]] = (),
) -> Counts:
    """Make the staged rows the image, in the cursor's transaction.

    `held_rows`: how many rows the image had after the load before; a full load counts for itself.
    `unfit`: the keys of rows that came and do not fit: what the image has of them is of before.

    Raises:
        Shrunk: a full load with no rows, or fewer than half of those that the image has.
        psycopg2.Error: a value does not fit the declared type of its column.
    """
    counts = Counts()
    waiting, target = qualified(staging(image.to)), qualified(image.to)
    cursor.execute(sql.SQL("select count(*) from {}").format(waiting))
    counts.read = one_number(cursor)
    if is_full:
        forget_rejects(cursor, image)
    if not has_unique_keys(cursor, image):
        counts.rejected = reject_by_key(cursor, image, run_id)
    before, kept = held_rows, counts.read - counts.rejected
    if is_full:
        cursor.execute(sql.SQL("select count(*) from {}").format(target))
        before = one_number(cursor)
    if is_full and not accept_shrink and before and kept * 2 < before:
        raise Shrunk(
            f"{image.table.key} would shrink from {before} rows to {kept};"
            " if that is right, run again with --accept-shrink"
        )
    if image.becomes_raw and not before:
        _take_the_place(cursor, image)
        counts.inserted = counts.image = kept
        _count_undated(cursor, image, counts)
        return counts
    values = {"run_id": run_id, "loaded_at": loaded_at}
    if not before:
        cursor.execute(_insert(image, sql.SQL("{} as come").format(waiting)), values)
        counts.inserted = cursor.rowcount
    else:
        _apply_changes(cursor, image, values, counts, is_full)
        if not is_full:
            counts.deleted += _drop_unfit(cursor, image, unfit)
    counts.image = before - counts.deleted + counts.inserted
    if is_full:
        _count_undated(cursor, image, counts)
    return counts


def _take_the_place(cursor: Cursor, image: Image) -> None:
    """Let the staging table be the raw table; what was there is empty and nobody reads it."""
    waiting = qualified(staging(image.to))
    missing = {name: kind for name, kind in image.raw.items() if name not in image.staged}
    add_columns(cursor, staging(image.to), missing)
    cursor.execute(sql.SQL("drop table {}").format(qualified(image.to)))
    cursor.execute(
        sql.SQL("alter table {} rename to {}").format(waiting, sql.Identifier(image.to.table))
    )
    cursor.execute(
        sql.SQL("alter index if exists {}.{} rename to {}").format(
            sql.Identifier(image.to.schema),
            sql.Identifier(key_index(staging(image.to))),
            sql.Identifier(key_index(image.to)),
        )
    )
    ensure_key(cursor, image)


def _count_undated(cursor: Cursor, image: Image, counts: Counts) -> None:
    """How many rows only a full load brings."""
    if image.cursor:
        cursor.execute(
            sql.SQL("select count(*) from {} where {} is null").format(
                qualified(image.to), sql.Identifier(image.cursor)
            )
        )
        counts.without_cursor = one_number(cursor)


def _apply_changes(
    cursor: Cursor, image: Image, values: Mapping[str, object], counts: Counts, is_full: bool
) -> None:
    """Find what differs in one pass over both tables, then write only that."""
    waiting, target = qualified(staging(image.to)), qualified(image.to)
    cursor.execute(
        sql.SQL(
            "create temporary table changed on commit drop as"
            " select come.ctid as come, held.ctid as held from {} as come {} join {} as held on {}"
            " where come._row_hash is distinct from held._row_hash"
        ).format(waiting, sql.SQL("full" if is_full else "left"), target, same_key(image))
    )
    if not cursor.rowcount:
        return
    cursor.execute("analyze changed")
    cursor.execute(
        sql.SQL(
            "delete from {} as held using changed"
            " where held.ctid = changed.held and changed.come is null"
        ).format(target)
    )
    counts.deleted = cursor.rowcount
    cursor.execute(
        sql.SQL(
            "update {} as held set {}, _run_id = %(run_id)s, _loaded_at = %(loaded_at)s"
            " from changed inner join {} as come on come.ctid = changed.come"
            " where held.ctid = changed.held"
        ).format(
            target,
            sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), value)
                for name, value in values_of(image).items()
            ),
            waiting,
        ),
        values,
    )
    counts.updated = cursor.rowcount
    new = sql.SQL(
        "changed inner join {} as come on come.ctid = changed.come and changed.held is null"
    ).format(waiting)
    cursor.execute(_insert(image, new), values)
    counts.inserted = cursor.rowcount


def _drop_unfit(cursor: Cursor, image: Image, keys: Sequence[tuple[Any, ...]]) -> int:
    """A delta takes out what a full load would not find: rows that now hold a value which does not
    fit. Returns how many.
    """
    if not keys:
        return 0
    kinds = [sql.SQL("{} " + image.raw[name]).format(sql.Identifier(name)) for name in image.key]
    cursor.execute(
        sql.SQL("create temporary table unfit ({}) on commit drop").format(
            sql.SQL(", ").join(kinds)
        )
    )
    execute_values(cursor, "insert into unfit values %s", keys)
    come = {name: sql.SQL("come.{}").format(sql.Identifier(name)) for name in image.key}
    cursor.execute(
        sql.SQL(
            "delete from {} as held using unfit as come where {}"
            " and not exists (select 1 from {} as come where {})"
        ).format(
            qualified(image.to),
            same_key(image, come),
            qualified(staging(image.to)),
            same_key(image),
        )
    )
    return cursor.rowcount


def _insert(image: Image, rows: sql.Composable) -> sql.Composed:
    """New rows of the image; `rows` names the staged ones `come`."""
    values = values_of(image)
    return sql.SQL(
        "insert into {} ({}, _run_id, _loaded_at) select {}, %(run_id)s, %(loaded_at)s from {}"
    ).format(qualified(image.to), names_of(values), sql.SQL(", ").join(values.values()), rows)
