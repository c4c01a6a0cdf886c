"""What was delivered: the ledger of files.

A file is its content. One row of `etl.file_ledger` is one content at one path of one place; rows
of equal content and logical name share `_file_id`. `ingest.elections` gives contents their status.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from ingest.elections import settle

NO_LONGER_THERE = "no longer delivered"
REPLACED = "replaced by another delivery of this path"
PURGED = "past its retention, and purged"


def file_id(source: str, table: str, logical_name: str, sha256: str) -> str:
    """The identity of a content: 20 hex digits of a hash, never a sequence."""
    key = f"{source}.{table}|{logical_name}|{sha256}"
    return hashlib.sha256(key.encode()).hexdigest()[:20]


def delivery_id(connection: str, path: str, sha256: str) -> str:
    """The identity of one content at one path of one place."""
    key = f"{connection}|{path}|{sha256}"
    return hashlib.sha256(key.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Outer:
    """A delivered file as its place lists it: size in bytes, times in UTC.

    `ctime` is None for remote places. `sha256`: its hash in hex, once the archive has it.
    """

    connection: str
    path: str
    size: int
    mtime: datetime
    ctime: datetime | None = None
    sha256: str | None = None

    def same_as(self, other: Outer) -> bool:
        """Whether nothing tells the two apart; a time that one side lacks is not compared."""
        return (
            self.size == other.size
            and self.mtime == other.mtime
            and (self.ctime is None or self.ctime == other.ctime)
        )


@dataclass(slots=True)
class Delivery:
    """What one file inside an outer file came to.

    `status` is `content` for a file whose rows are in its raw table (now or from earlier):
    the ledger makes it `landed`, `superseded` or `duplicate`. `loaded`: its rows came in this run.
    `root_file_id`, `continues_file_id`, `first_row`: of a file that has grown, see `ingest.chains`.
    `replaces`: its rows stand for those that the table had of it; there may be none of them now.
    `is_old_failure`: it failed before and has not changed, so it was not tried again.
    """

    path: str
    source: str
    status: str
    reason: str | None = None
    table_name: str | None = None
    logical_name: str | None = None
    kind: str | None = None
    period: str | None = None
    zone: str | None = None
    sha256: str = ""
    size_bytes: int | None = None
    file_id: str | None = None
    rows_read: int | None = None
    rows_landed: int | None = None
    rows_rejected: int | None = None
    encoding: str | None = None
    separator: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    root_file_id: str | None = None
    continues_file_id: str | None = None
    first_row: int | None = None
    loaded: bool = False
    replaces: bool = False
    is_old_failure: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)


def landed_among(cursor: Cursor, file_ids: Iterable[str]) -> set[str]:
    """Those of `file_ids` whose rows are in their raw table for good."""
    cursor.execute(
        "select distinct _file_id from etl.file_ledger where _file_id = any(%s)"
        " and (status in ('landed', 'superseded', 'duplicate')"
        " or (status = 'withdrawn' and landed_at is not null))",
        (list(file_ids),),
    )
    return {row[0] for row in cursor}


def record(
    cursor: Cursor, readings: Iterable[tuple[Outer, Sequence[Delivery], datetime]], run_id: str
) -> None:
    """Write what reading some outer files came to, and settle every status that it touches.

    With each comes the moment of its reading, which must be later than that of any earlier
    reading of the same outer file. An outer file without deliveries is a fault of the caller:
    each one leaves at least one row. Few statements for many files: each costs its way.
    """
    rows: dict[str, tuple[Any, ...]] = {}
    seen: dict[tuple[str, str], datetime] = {}
    touched: set[tuple[str, str | None, str | None]] = set()
    for outer, deliveries, now in readings:
        assert deliveries, outer.path
        seen[outer.connection, outer.path] = now
        for delivery in distinct(deliveries):
            row = _row(outer, delivery, run_id, now)
            rows[row[0]] = row
            if delivery.status == "content":
                touched.add((delivery.source, delivery.table_name, delivery.logical_name))
    execute_values(cursor, _upsert(), rows.values(), page_size=500)
    _retire(cursor, [(*key, now) for key, now in seen.items()])
    settle(cursor, touched)


def distinct(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """One delivery per path and content; archives may hold one name twice."""
    best: dict[tuple[str, str], Delivery] = {}
    for delivery in deliveries:
        key = (delivery.path, delivery.sha256)
        if key not in best or delivery.loaded:
            best[key] = delivery
    return list(best.values())


_COLUMNS = (
    "delivery_id",
    "_file_id",
    "source",
    "table_name",
    "connection",
    "path",
    "container_path",
    "container_size",
    "container_mtime",
    "container_ctime",
    "container_sha256",
    "archived_at",
    "logical_name",
    "kind",
    "period",
    "zone",
    "sha256",
    "size_bytes",
    "delivered_at",
    "seen_at",
    "last_seen_at",
    "landed_at",
    "status",
    "reason",
    "attempts",
    "rows_read",
    "rows_landed",
    "rows_rejected",
    "encoding",
    "separator",
    "first_day",
    "last_day",
    "root_file_id",
    "continues_file_id",
    "first_row",
    "run_id",
)


def _row(outer: Outer, delivery: Delivery, run_id: str, now: datetime) -> tuple[Any, ...]:
    # A content starts as a duplicate; `settle` then makes one of its rows stand for the file.
    status = "duplicate" if delivery.status == "content" else delivery.status
    return (
        delivery_id(outer.connection, delivery.path, delivery.sha256),
        delivery.file_id,
        delivery.source,
        delivery.table_name,
        outer.connection,
        delivery.path,
        outer.path,
        outer.size,
        outer.mtime,
        outer.ctime,
        outer.sha256,
        now if outer.sha256 else None,
        delivery.logical_name,
        delivery.kind,
        delivery.period,
        delivery.zone,
        delivery.sha256,
        delivery.size_bytes,
        outer.mtime,
        now,
        now,
        now if delivery.loaded else None,
        status,
        delivery.reason,
        0 if status == "pending" or delivery.is_old_failure else 1,
        delivery.rows_read,
        delivery.rows_landed,
        delivery.rows_rejected,
        delivery.encoding,
        delivery.separator,
        delivery.first_day,
        delivery.last_day,
        delivery.root_file_id,
        delivery.continues_file_id,
        delivery.first_row,
        run_id,
    )


_SAME_OUTER = (
    "(held.container_path, held.container_size, held.container_mtime)"
    " = (excluded.container_path, excluded.container_size, excluded.container_mtime)"
)


def _upsert() -> str:
    # What a later reading leaves open does not erase what an earlier one found.
    kept = [
        "_file_id",
        "table_name",
        "logical_name",
        "kind",
        "period",
        "zone",
        "size_bytes",
        "landed_at",
        "rows_read",
        "rows_landed",
        "rows_rejected",
        "encoding",
        "separator",
        "first_day",
        "last_day",
        "root_file_id",
        "continues_file_id",
        "first_row",
    ]
    keep = ",\n".join(f"{name} = coalesce(excluded.{name}, held.{name})" for name in kept)
    return f"""
        insert into etl.file_ledger as held ({", ".join(_COLUMNS)})
        values %s
        on conflict (delivery_id) do update set
            -- An outer file that changed without being archived is not what the archive has.
            container_sha256 = case
                when excluded.container_sha256 is not null then excluded.container_sha256
                when {_SAME_OUTER} then held.container_sha256
            end,
            archived_at = case
                when excluded.container_sha256 = held.container_sha256 then held.archived_at
                when excluded.container_sha256 is not null then excluded.archived_at
                when {_SAME_OUTER} then held.archived_at
            end,
            container_path = excluded.container_path,
            container_size = excluded.container_size,
            container_mtime = excluded.container_mtime,
            container_ctime = excluded.container_ctime,
            delivered_at = greatest(held.delivered_at, excluded.delivered_at),
            -- Another content was at this path since: this one has come back.
            seen_at = case
                when exists (
                    select 1
                    from etl.file_ledger as other
                    where
                        other.connection = held.connection
                        and other.container_path = held.container_path
                        and other.path = held.path
                        and other.last_seen_at > held.last_seen_at
                ) then excluded.seen_at
                else held.seen_at
            end,
            last_seen_at = excluded.last_seen_at,
            status = case
                -- Rows that are in their table are not undone by a later failure to read them;
                -- whether what a person withdrew counts again is for `settle` to say.
                when
                    (
                        held.status in ('landed', 'superseded', 'duplicate')
                        or (held.status = 'withdrawn' and held.withdrawn_until is not null)
                    )
                    and excluded.status in ('failed', 'pending', 'duplicate')
                    then held.status
                else excluded.status
            end,
            reason = case
                when held.withdrawn_until is not null then held.reason
                else excluded.reason
            end,
            attempts = held.attempts + case
                when
                    held.status in ('failed', 'pending')
                    or excluded.status = 'failed'
                    then excluded.attempts
                else 0
            end,
            -- The run that landed it; of what has not landed, the last one that tried.
            run_id = case
                when excluded.landed_at is null and held.landed_at is not null then held.run_id
                else excluded.run_id
            end,
            {keep}
    """


def _retire(cursor: Cursor, seen: Sequence[tuple[str, str, datetime]]) -> None:
    """What an earlier reading of these outer files left open is not its last word any more."""
    this_is_older = (
        "held.connection = seen.connection and held.container_path = seen.path"
        " and held.last_seen_at < cast(seen.moment as timestamptz)"
    )
    execute_values(
        cursor,
        "delete from etl.file_ledger as held"
        " using (values %s) as seen (connection, path, moment)"
        f" where {this_is_older} and held.status = 'pending' and held.sha256 = ''",
        seen,
        page_size=500,
    )
    execute_values(
        cursor,
        f"update etl.file_ledger as held set status = 'withdrawn', reason = '{REPLACED}'"
        " from (values %s) as seen (connection, path, moment)"
        f" where {this_is_older} and held.status in ('pending', 'failed')",
        seen,
        page_size=500,
    )


def purged_among(cursor: Cursor, file_ids: Iterable[str]) -> set[str]:
    """Those of `file_ids` whose rows were taken out at the end of their retention."""
    cursor.execute(
        "select distinct _file_id from etl.file_ledger"
        " where _file_id = any(%s) and purged_at is not null",
        (list(file_ids),),
    )
    return {row[0] for row in cursor}


def note_replaced(cursor: Cursor, file_ids: Sequence[str]) -> None:
    """Say of contents that other rows stand for them in raw from this transaction on."""
    if file_ids:
        cursor.execute(
            "update etl.file_ledger set replaced_at = clock_timestamp() where _file_id = any(%s)",
            (list(file_ids),),
        )


def retire_absent(cursor: Cursor, connection: str, paths: Sequence[str]) -> None:
    """Withdraw what was pending or failed in outer files that their place has no more.

    `paths`: outer files that a complete listing of the place lacks. Landed files stay: a place
    that was tidied up takes nothing back.
    """
    cursor.execute(
        "update etl.file_ledger set status = 'withdrawn', reason = %s"
        " where connection = %s and container_path = any(%s)"
        " and status in ('pending', 'failed')",
        (NO_LONGER_THERE, connection, list(paths)),
    )


def statuses(cursor: Cursor, read: Iterable[tuple[Outer, Sequence[Delivery]]]) -> dict[str, str]:
    """The status that each content of some readings has now, by delivery id."""
    ids = [
        delivery_id(outer.connection, delivery.path, delivery.sha256)
        for outer, deliveries in read
        for delivery in deliveries
        if delivery.status == "content"
    ]
    if not ids:
        return {}
    cursor.execute(
        "select delivery_id, status from etl.file_ledger where delivery_id = any(%s)", (ids,)
    )
    return dict(cursor.fetchall())
