"""A wrong delivery, taken out of what counts by a person, and put back.

What is withdrawn is a content, under each path that it has come: a copy does not keep it alive.
Raw keeps its rows; `ingest.elections` then judges the files that remain as if it had never come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from psycopg2.extensions import cursor as Cursor

from ingest.elections import settle
from ingest.files.naming import own_name
from ingest.wishes import matches

Key = tuple[str, str]

# A row of the ledger whose content came into its raw table, be it withdrawn or purged since.
HAS_LANDED = (
    "(status in ('landed', 'superseded', 'duplicate')"
    " or withdrawn_until is not null or purged_at is not null)"
)


@dataclass(frozen=True, slots=True)
class Content:
    """A content that has landed, with all that the ledger knows of it.

    `status`: that of the row that stands for it. `paths`: where it has come, in order. `last_path`:
    that of its last delivery. `until`: the date up to which a person withdrew its deliveries.
    `rows`: those that it brought.
    """

    file_id: str
    source: str
    table: str
    logical_name: str
    status: str
    reason: str | None
    paths: list[str]
    last_path: str
    delivered_at: datetime
    first_day: date | None
    last_day: date | None
    rows: int
    until: datetime | None
    is_purged: bool

    @property
    def is_withdrawn(self) -> bool:
        return self.until is not None


@dataclass(frozen=True, slots=True)
class Found:
    """What the words of a person mean.

    `contents`: by table, then name. `earlier`: contents that lay under the same paths before, and
    are not meant. `unlanded`: path -> status of what has never landed.
    """

    contents: tuple[Content, ...]
    earlier: int
    unlanded: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    file_id: str
    connection: str
    path: str
    container: str
    status: str
    last_seen_at: datetime
    seen_at: datetime
    root: str | None
    has_landed: bool

    @property
    def seen(self) -> tuple[datetime, datetime]:
        return (self.last_seen_at, self.seen_at)


def find(
    cursor: Cursor, wanted: str, tables: Collection[Key], *, every_version: bool = False
) -> Found:
    """The contents that `wanted` means, among those of some tables (source, name).

    `wanted`: a path as the ledger has it, the path of the file around it, either's own name, a
    `_file_id`, or a glob over these. What is written exactly so goes first, then case and wildcards
    are looked at. Of each path the content that was seen there last, and with a log all that it
    grew from; with `every_version`, or by its `_file_id`, exactly what matches.
    """
    rows = _rows(cursor, tables)
    chosen = [row for row in rows if _is_named(row, wanted)]
    chosen = chosen or [
        row for row in rows if matches(row.path, wanted) or fnmatchcase(row.file_id, wanted.lower())
    ]
    landed = [row for row in chosen if row.has_landed]
    named = {row.file_id for row in landed if row.file_id == wanted.lower()}
    meant = named or ({row.file_id for row in landed} if every_version else _last(landed))
    if not named:
        roots = {row.root for row in landed if row.file_id in meant and row.root}
        meant |= {row.file_id for row in rows if row.root in roots and row.has_landed}
    earlier = {row.file_id for row in landed} - meant
    return Found(
        contents=tuple(_contents(cursor, meant)),
        earlier=0 if named else len(earlier),
        unlanded={row.path: row.status for row in chosen if not row.has_landed},
    )


def _rows(cursor: Cursor, tables: Collection[Key]) -> list[_Row]:
    cursor.execute(
        f"""
        select
            coalesce(_file_id, ''), connection, path, container_path, status,
            last_seen_at, seen_at,
            -- The first content of a chain does not say that it is one.
            case
                when root_file_id is not null then root_file_id
                when _file_id in (select root_file_id from etl.file_ledger) then _file_id
            end,
            {HAS_LANDED}
        from etl.file_ledger
        where (source, table_name) in (
            select wanted.source, wanted.name
            from unnest(%(sources)s::text[], %(names)s::text[]) as wanted (source, name)
        )
        -- Of no table: what was ignored.
        or (source = any(%(sources)s) and table_name is null)
        """,
        {"sources": [source for source, _ in tables], "names": [name for _, name in tables]},
    )
    return [_Row(*row) for row in cursor.fetchall()]


def _is_named(row: _Row, wanted: str) -> bool:
    names = (row.path, row.container, own_name(row.path), own_name(row.container), row.file_id)
    return wanted in names


def _last(rows: Iterable[_Row]) -> set[str]:
    """Of each path of each place the content that was seen there last."""
    last: dict[tuple[str, str], _Row] = {}
    for row in rows:
        key = (row.connection, row.path)
        if key not in last or row.seen > last[key].seen:
            last[key] = row
    return {row.file_id for row in last.values()}


def _contents(cursor: Cursor, file_ids: Collection[str]) -> list[Content]:
    cursor.execute(
        f"""
        with deliveries as (
            select
                *,
                row_number() over (
                    partition by _file_id
                    order by delivered_at desc, path collate "C" desc, seen_at desc
                ) as place
            from etl.file_ledger
            where _file_id = any(%s) and {HAS_LANDED}
        )

        select
            _file_id, source, table_name, logical_name,
            coalesce(min(status) filter (where status <> 'duplicate'), 'duplicate'),
            max(reason) filter (where status = 'withdrawn'),
            array_agg(distinct path),
            max(path) filter (where place = 1),
            max(delivered_at), min(first_day), max(last_day),
            coalesce(max(rows_landed), 0), max(withdrawn_until), bool_or(purged_at is not null)
        from deliveries
        group by _file_id, source, table_name, logical_name
        order by source, table_name, logical_name, max(delivered_at), _file_id
        """,
        (list(file_ids),),
    )
    return [Content(*row) for row in cursor.fetchall()]


def withdraw(cursor: Cursor, contents: Iterable[Content], reason: str) -> list[Content]:
    """Take contents out of what counts; returns what counts again of their names because of it."""
    return _change(
        cursor,
        contents,
        "update etl.file_ledger set status = 'withdrawn', reason = %(reason)s,"
        " withdrawn_until = delivered_at"
        " where _file_id = any(%(ids)s) and status in ('landed', 'superseded', 'duplicate')",
        reason,
    )


def put_back(cursor: Cursor, contents: Iterable[Content]) -> list[Content]:
    """Let contents count again that a person withdrew; returns what else counts because of it."""
    return _change(
        cursor,
        contents,
        "update etl.file_ledger set status = 'duplicate', reason = null, withdrawn_until = null"
        " where _file_id = any(%(ids)s) and status = 'withdrawn' and withdrawn_until is not null",
    )


def _change(
    cursor: Cursor, contents: Iterable[Content], statement: str, reason: str | None = None
) -> list[Content]:
    contents = list(contents)
    own = {content.file_id for content in contents}
    names = {(content.source, content.table, content.logical_name) for content in contents}
    before = _landed(cursor, names)
    cursor.execute(statement, {"ids": sorted(own), "reason": reason})
    settle(cursor, names)
    return _contents(cursor, _landed(cursor, names) - before - own)


def _landed(cursor: Cursor, names: Collection[tuple[Any, ...]]) -> set[str]:
    cursor.execute(
        "select distinct held._file_id from etl.file_ledger as held"
        " inner join unnest(%s::text[], %s::text[], %s::text[]) as touched (source, name, logical)"
        " on (held.source, held.table_name, held.logical_name)"
        " = (touched.source, touched.name, touched.logical) where held.status = 'landed'",
        tuple([name[part] for name in sorted(names)] for part in range(3)),
    )
    return {row[0] for row in cursor}
