"""The raw image of a source table: staged rows become the current rows, in one transaction.

A delta upserts; a full load also removes the keys that the source no longer has. Either way a row
whose content did not change is not touched: it keeps `_row_hash`, `_run_id` and `_loaded_at`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import Table
from ingest.databases.rows import ROW_HASH
from ingest.parts import Destination
from ingest.raw_tables import (
    DEFAULTS,
    IMAGE_LINEAGE,
    add_columns,
    definition,
    destination,
    qualified,
    staging,
)


class Shrunk(Exception):
    """A table came back empty or far smaller than it was: a person has to say that it may."""


@dataclass(frozen=True, slots=True)
class Image:
    """A table's image and what is staged for it.

    `key`: its key columns. `staged`: SQL name -> type in the staging table, `raw`: the same of the
    raw table, lineage left out. `cursor`: the SQL name of the column that says what is newer.
    `becomes_raw`: the staging table will take the place of the raw table, which is empty.
    """

    table: Table
    relation: str
    key: tuple[str, ...]
    staged: Mapping[str, str]
    raw: Mapping[str, str]
    cursor: str | None = None
    becomes_raw: bool = False

    @property
    def to(self) -> Destination:
        return destination(self.table)


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
    if _one(cursor):
        return False
    cursor.execute(
        "select count(*) from pg_depend where refclassid = 'pg_class'::regclass"
        " and classid = 'pg_rewrite'::regclass and refobjid = to_regclass(%s)",
        (f'"{image.to.schema}"."{image.to.table}"',),
    )
    return not _one(cursor)


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
        sql.SQL("create unique index if not exists {} on {} ({})").format(
            sql.Identifier(f"{image.to.table}__key"),
            qualified(image.to),
            _names(image.key),
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
) -> Counts:
    """Make the staged rows the image, in the cursor's transaction.

    `held_rows`: how many rows the image had after the load before; a full load counts for itself.

    Raises:
        Shrunk: a full load with no rows, or fewer than half of those that the image has.
        psycopg2.Error: a value does not fit the declared type of its column.
    """
    counts = Counts()
    waiting, target = qualified(staging(image.to)), qualified(image.to)
    cursor.execute(sql.SQL("analyze {}").format(waiting))
    cursor.execute(sql.SQL("select count(*) from {}").format(waiting))
    counts.read = _one(cursor)
    counts.rejected = _reject(cursor, image, run_id, is_full)
    before, kept = held_rows, counts.read - counts.rejected
    if is_full:
        cursor.execute(sql.SQL("select count(*) from {}").format(target))
        before = _one(cursor)
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
    ensure_key(cursor, image)


def _count_undated(cursor: Cursor, image: Image, counts: Counts) -> None:
    """How many rows only a full load brings."""
    if image.cursor:
        cursor.execute(
            sql.SQL("select count(*) from {} where {} is null").format(
                qualified(image.to), sql.Identifier(image.cursor)
            )
        )
        counts.without_cursor = _one(cursor)


def _reject(cursor: Cursor, image: Image, run_id: str, is_full: bool) -> int:
    """Move rows without a key, and all but one of those that share a key, to `etl.rejects`.

    Of rows that share a key the newest by the cursor stays, then the one with the greater hash:
    a total order, so that the same rows give the same image whenever they come.
    """
    table, waiting = image.table, qualified(staging(image.to))
    if is_full:
        cursor.execute(
            "delete from etl.rejects where source = %s and table_name = %s",
            (table.source, table.name),
        )
    no_key = sql.SQL(" or ").join(
        sql.SQL("{} is null").format(sql.Identifier(name)) for name in image.key
    )
    cursor.execute(
        sql.SQL(
            "select coalesce(sum(rows) filter (where {no_key}), 0),"
            " coalesce(sum(rows - 1) filter (where not ({no_key})), 0) from"
            " (select {key}, count(*) as rows from {waiting} group by {key} having count(*) > 1"
            "  or {no_key}) as doubtful"
        ).format(no_key=no_key, key=_names(image.key), waiting=waiting)
    )
    found = cursor.fetchone()
    assert found is not None
    if not any(found):
        return 0
    newest = (
        sql.SQL("{} desc nulls last, ").format(sql.Identifier(image.cursor))
        if image.cursor
        else sql.SQL("")
    )
    raw_text = sql.SQL("null" if table.pii else "to_jsonb(taken)::text")
    cursor.execute(
        sql.SQL(
            """
            with judged as (
                select
                    ctid as place,
                    case when {no_key} then 'null key' else 'duplicate key' end as reason,
                    row_number() over (partition by {key} order by {newest} {hash} desc, ctid)
                        as rank
                from {waiting}
            ),

            taken as (
                delete from {waiting} as come using judged
                where come.ctid = judged.place
                    and (judged.reason = 'null key' or judged.rank > 1)
                returning come.*, judged.reason as _reason, judged.rank as _rank
            )

            insert into etl.rejects (
                reject_id, run_id, source, table_name, path, reason, raw_text, raw_hash, rejected_at
            )
            select
                md5(concat_ws('|', %(source)s::text, %(table)s::text, _reason, {hash}, _rank)),
                %(run_id)s, %(source)s, %(table)s, %(relation)s, _reason, {raw_text}, {hash},
                clock_timestamp()
            from taken
            on conflict (reject_id) do update set run_id = excluded.run_id
            """
        ).format(
            no_key=no_key,
            key=_names(image.key),
            newest=newest,
            hash=sql.Identifier(ROW_HASH),
            waiting=waiting,
            raw_text=raw_text,
        ),
        {
            "run_id": run_id,
            "source": table.source,
            "table": table.name,
            "relation": image.relation,
        },
    )
    return cursor.rowcount


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
        ).format(waiting, sql.SQL("full" if is_full else "left"), target, _same_key(image))
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
                for name, value in _values(image).items()
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


def _insert(image: Image, rows: sql.Composable) -> sql.Composed:
    """New rows of the image; `rows` names the staged ones `come`."""
    values = _values(image)
    return sql.SQL(
        "insert into {} ({}, _run_id, _loaded_at) select {}, %(run_id)s, %(loaded_at)s from {}"
    ).format(qualified(image.to), _names(values), sql.SQL(", ").join(values.values()), rows)


def _values(image: Image) -> dict[str, sql.Composable]:
    """What each raw column becomes, by name: the staged value in the raw column's type.

    A column that did not come is null from now on.
    """
    values: dict[str, sql.Composable] = {}
    for name, kind in image.raw.items():
        if name not in image.staged:
            values[name] = sql.SQL("null")
        elif image.staged[name] == kind:
            values[name] = sql.SQL("come.{}").format(sql.Identifier(name))
        else:
            values[name] = sql.SQL("cast(come.{} as " + kind + ")").format(sql.Identifier(name))
    return {**values, ROW_HASH: sql.SQL("come.{}").format(sql.Identifier(ROW_HASH))}


def _same_key(image: Image) -> sql.Composable:
    """Compared in the raw column's type: staged keys may have travelled as text."""
    values = _values(image)
    return sql.SQL(" and ").join(
        sql.SQL("held.{} = {}").format(sql.Identifier(name), values[name]) for name in image.key
    )


def _names(names: Sequence[str] | Mapping[str, object]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _one(cursor: Cursor) -> int:
    row = cursor.fetchone()
    return int(row[0]) if row else 0
