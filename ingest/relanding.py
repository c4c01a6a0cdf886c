"""Files that land again from the archive: as the ledger knows them, or as the journal tells.

While the ledger is there it is the authority: what has landed lands again, and when it was
delivered, what stands for what and what a person withdrew stay as they are. What only the journal
knows, since the ledger was lost with the rest, is a delivery of the moment at which it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from ingest import ledger
from ingest.archive import Archive, Delivered
from ingest.elections import settle
from ingest.files.model import Entry
from ingest.files.places import Local
from ingest.ledger import Outer
from ingest.package import Reading


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the archive, which never changes."""

    path: Path

    def has_changed(self) -> bool:
        """Never."""
        return False


class Shelf:
    """An archive to read from: a file lies there under its hash, which is its entry's `native`."""

    def __init__(self, archive: Archive):
        self._archive = archive

    @contextmanager
    def open(self, entry: Entry, scratch: Path) -> Iterator[Local]:
        """Give the file itself, as a folder does."""
        yield Kept(self._archive.path(entry.native))


@dataclass(frozen=True, slots=True)
class Content:
    """A content that the ledger knows, and one outer file that held it."""

    file_id: str
    path: str
    outer: Outer


@dataclass(frozen=True, slots=True)
class Suspect:
    """A content that may read better now. `rejects`: those that it has; None if it failed.

    `entry`: the outer file as its place lists it; None if the archive has it.
    """

    table_name: str
    content: Content
    rejects: int | None
    rows_landed: int | None
    entry: Entry | None = None


@dataclass(slots=True)
class Work:
    """What is to be read again: outer files of which `contents` are wanted, whole deliveries, and
    the paths that the archive lacks.
    """

    again: list[Outer] = field(default_factory=list)
    contents: set[str] = field(default_factory=set)
    anew: list[Delivered] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def entry_of(outer: Outer) -> Entry:
    """The archived file as an entry of the shelf."""
    return Entry(outer.path, outer.size, outer.mtime, outer.ctime, outer.sha256 or "")


def landed(cursor: Cursor, connection: str, tables: Sequence[str]) -> list[Content]:
    """Each content of some tables whose rows belong into raw, as often as it was delivered.

    The row under which it was loaded comes first: lines know the folder that they came in.
    """
    return _contents(
        cursor,
        connection,
        tables,
        "(status in ('landed', 'superseded', 'duplicate')"
        " or (status = 'withdrawn' and landed_at is not null)) and purged_at is null",
    )


def _contents(
    cursor: Cursor, connection: str, tables: Sequence[str], condition: str
) -> list[Content]:
    cursor.execute(
        "select _file_id, path, container_path, container_size, container_mtime, container_ctime,"
        " container_sha256 from etl.file_ledger"
        " where connection = %s and table_name = any(%s) and _file_id is not null"
        f" and {condition}"
        ' order by landed_at nulls last, delivered_at, path collate "C"',
        (connection, list(tables)),
    )
    return [Content(file_id, path, Outer(connection, *outer)) for file_id, path, *outer in cursor]


def suspects(cursor: Cursor, connection: str, tables: Sequence[str]) -> list[Suspect]:
    """The contents of some tables that failed, or of which lines were rejected; each once.

    What a person withdrew and what was purged is left as it is.
    """
    cursor.execute(
        """
        with rejected as (
            select _file_id, count(*) as rejects from etl.rejects
            where _file_id is not null
            group by _file_id
        )

        select distinct on (held._file_id)
            held.table_name,
            case when held.status = 'failed' then null else rejected.rejects end,
            held.rows_landed,
            held._file_id,
            held.path,
            held.container_path,
            held.container_size,
            held.container_mtime,
            held.container_ctime,
            held.container_sha256
        from etl.file_ledger as held
        left join rejected on held._file_id = rejected._file_id
        where
            held.connection = %s
            and held.table_name = any(%s)
            and held._file_id is not null
            and held.purged_at is null
            and (
                held.status = 'failed'
                or (
                    rejected.rejects is not null
                    and held.status in ('landed', 'superseded', 'duplicate')
                )
            )
        order by held._file_id, held.landed_at nulls last, held.delivered_at
        """,
        (connection, list(tables)),
    )
    found = [
        Suspect(table, Content(file_id, path, Outer(connection, *outer)), rejects, landed_rows)
        for table, rejects, landed_rows, file_id, path, *outer in cursor
    ]
    return sorted(found, key=lambda one: (one.table_name, one.content.path))


def on_the_shelf(archive: Archive, contents: Iterable[Content]) -> Work:
    """Which archived files hold these contents: few files, each whole, none twice."""
    work = Work()
    lacking: dict[str, str] = {}
    sound: dict[str, bool] = {}
    chosen: dict[tuple[str, str], Outer] = {}
    for content in contents:
        if content.file_id in work.contents:
            continue
        sha256 = content.outer.sha256 or ""
        if sha256 not in sound:
            sound[sha256] = bool(sha256) and archive.is_whole(sha256)
        if sound[sha256]:
            work.contents.add(content.file_id)
            chosen.setdefault((content.outer.path, sha256), content.outer)
        else:
            lacking.setdefault(content.file_id, content.path)
    work.again = list(chosen.values())
    work.missing = [path for file_id, path in lacking.items() if file_id not in work.contents]
    return work


def untold(archive: Archive, connection: str, seen: dict[str, datetime]) -> Work:
    """The deliveries of the journal that are later than what the ledger has seen of their paths."""
    work = Work()
    sound: dict[str, bool] = {}
    for delivered in archive.deliveries(connection):
        outer = delivered.outer
        if outer.path in seen and delivered.read_at <= seen[outer.path]:
            continue
        sha256 = outer.sha256 or ""
        if sha256 not in sound:
            sound[sha256] = archive.is_whole(sha256)
        if sound[sha256]:
            work.anew.append(delivered)
        else:
            work.missing.append(outer.path)
    return work


def last_seen(cursor: Cursor, connection: str) -> dict[str, datetime]:
    """When each outer file of a place was last read, as far as the ledger knows."""
    cursor.execute(
        "select container_path, max(last_seen_at) from etl.file_ledger"
        " where connection = %s group by container_path",
        (connection,),
    )
    return dict(cursor.fetchall())


def record_again(cursor: Cursor, readings: Iterable[Reading], run_id: str) -> None:
    """Write what reading files again came to that the ledger knows, and settle their statuses.

    When and where they were delivered stays as it is, and what a person withdrew stays withdrawn. A
    file that had failed and reads well now is one more content; the rest of `readings` changes
    nothing.
    """
    touched: set[tuple[str, str | None, str | None]] = set()
    for reading in readings:
        for item in ledger.distinct(reading.loaded):
            cursor.execute(
                """
                update etl.file_ledger
                set
                    landed_at = coalesce(landed_at, clock_timestamp()),
                    status = case when status = 'failed' then 'duplicate' else status end,
                    reason = case when status = 'failed' then null else reason end,
                    run_id = %s
                where delivery_id = %s
                """,
                (run_id, ledger.delivery_id(reading.outer.connection, item.path, item.sha256)),
            )
            cursor.execute(
                "update etl.file_ledger set rows_read = %s, rows_landed = %s, rows_rejected = %s,"
                " encoding = %s, separator = %s, first_day = %s, last_day = %s, root_file_id = %s,"
                " continues_file_id = %s, first_row = %s where _file_id = %s"
                " and (rows_read is not null or landed_at is not null)",
                (
                    *(item.rows_read, item.rows_landed, item.rows_rejected),
                    *(item.encoding, item.separator, item.first_day, item.last_day),
                    *(item.root_file_id, item.continues_file_id, item.first_row),
                    item.file_id,
                ),
            )
            touched.add((item.source, item.table_name, item.logical_name))
    settle(cursor, touched)
