"""Rows past their retention leave raw, ods and the rejects; what was taken out does not come back.

Of a database, a row is as old as the day in its declared column, and landing leaves out what a
purge has taken out (`etl.source_tables.purged_before`). Of files, the versions of one logical name
are as old as the last day of any of them, and go together; the ledger keeps what they were.
Everything is written over the connection that holds the dataset's lock, in portions that each stand
for themselves: killed anywhere, the next purge goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import DatabaseOrigin, Table
from ingest.ledger import PURGED
from ingest.lock import DatasetLock
from ingest.parts import Destination
from ingest.privacy.retention import Cut, dating_column
from ingest.raw_tables import destination, qualified
from ingest.runlog import RunLog

# What one transaction takes out: small enough to be done in seconds, large enough to be few.
BATCH_ROWS = 200_000
BATCH_NAMES = 500
_DATED = ("date", "timestamp without time zone", "timestamp with time zone")


class Undated(Exception):
    """The declared column does not say a day; one line."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge came to in one table, or would come to. Counts are rows, `files` contents."""

    cut: Cut
    rows: int = 0
    versions: int = 0
    rejects: int = 0
    files: int = 0
    failure: str | None = None

    @property
    def total(self) -> int:
        return self.rows + self.versions + self.rejects + self.files


class Purge:
    """One run over the tables that declare a retention."""

    def __init__(
        self,
        lock: DatasetLock,
        log: RunLog,
        histories: Mapping[tuple[str, str], Destination],
        *,
        dry_run: bool = False,
        batch_rows: int = BATCH_ROWS,
    ):
        self._lock = lock
        self._log = log
        self._histories = histories
        self._dry_run = dry_run
        self._batch_rows = batch_rows

    def of(self, cut: Cut) -> Purged:
        """Purge one table; what fails is said in the result, and leaves whole portions only.

        Raises:
            LockLost: the run must end.
        """
        began = time.monotonic()
        table = cut.table
        try:
            done = Purged(cut)
            if self._is_landed(table):
                done = self._count(cut)
                if not self._dry_run:
                    done = self._take_out(cut, done)
        except psycopg2.Error as error:
            done = Purged(cut, failure=f"{table.key}: {str(error).strip().splitlines()[0]}")
        except Undated as error:
            done = Purged(cut, failure=str(error))
        if not self._dry_run:
            self._log.add(
                "purge",
                "failed" if done.failure else "ok",
                source=table.source,
                table_name=table.name,
                rows=done.rows + done.versions,
                seconds=round(time.monotonic() - began, 3),
                error=done.failure,
            )
            with self._lock.transaction() as cursor:
                waiting = self._log.insert_waiting(cursor)
            self._log.written(waiting)
        return done

    def going(self, cut: Cut) -> list[str]:
        """The contents (`_file_id`) of a table of files that are too old, and still there."""
        if isinstance(cut.table.origin, DatabaseOrigin):
            return []
        with self._transaction() as cursor:
            return [file_id for own in _old_names(cursor, cut).values() for file_id in own]

    @contextmanager
    def _transaction(self) -> Iterator[Cursor]:
        """On the connection that holds the lock, with the rights of the login: ods is dbt's."""
        with self._lock.transaction() as cursor:
            cursor.execute("set local role none")
            yield cursor

    def _is_landed(self, table: Table) -> bool:
        """Whether a run has made its raw table: before the first one there is nothing to purge."""
        with self._transaction() as cursor:
            return bool(_types(cursor, destination(table)))

    def _count(self, cut: Cut) -> Purged:
        with self._transaction() as cursor:
            raw = destination(cut.table)
            if not isinstance(cut.table.origin, DatabaseOrigin):
                names = _old_names(cursor, cut)
                file_ids = [file_id for own in names.values() for file_id in own]
                rows, rejects = _rows_of(cursor, raw, file_ids)
                return Purged(cut, rows=rows, files=len(file_ids), rejects=rejects)
            history = self._history(cursor, cut.table)
            return Purged(
                cut,
                rows=_count_old(cursor, raw, cut),
                versions=_count_old(cursor, history, cut) if history else 0,
                rejects=_old_rejects(cursor, cut, "select count(*) from"),
            )

    def _take_out(self, cut: Cut, counted: Purged) -> Purged:
        """What was counted goes; a row that grew too old meanwhile is the next purge's."""
        if not isinstance(cut.table.origin, DatabaseOrigin):
            return self._take_out_files(cut, counted)
        raw = destination(cut.table)
        with self._transaction() as cursor:
            # First of all: from here on no load brings back what is about to go.
            cursor.execute(
                "update etl.source_tables set purged_before = %s"
                " where source = %s and table_name = %s and purged_before is distinct from %s",
                (cut.first_day, cut.table.source, cut.table.name, cut.first_day),
            )
            _old_rejects(cursor, cut, "delete from")
            history = self._history(cursor, cut.table)
        rows = self._delete(raw, cut)
        versions = self._delete(history, cut) if history else 0
        return replace(counted, rows=rows, versions=versions)

    def _delete(self, to: Destination, cut: Cut) -> int:
        deleted = 0
        while True:
            with self._transaction() as cursor:
                cursor.execute(
                    sql.SQL(
                        "delete from {} where ctid = any(array("
                        "select ctid from {} where {} limit %(limit)s))"
                    ).format(qualified(to), qualified(to), _condition(cursor, to, cut)),
                    {"day": cut.first_day, "limit": self._batch_rows},
                )
                count = cursor.rowcount
                if to == destination(cut.table):
                    cursor.execute(
                        "update etl.source_tables set image_rows = image_rows - %s"
                        " where source = %s and table_name = %s and %s > 0",
                        (count, cut.table.source, cut.table.name, count),
                    )
            deleted += count
            if count < self._batch_rows:
                return deleted

    def _take_out_files(self, cut: Cut, counted: Purged) -> Purged:
        with self._transaction() as cursor:
            names = _old_names(cursor, cut)
        rows = files = 0
        chosen = list(names)
        for first in range(0, len(chosen), BATCH_NAMES):
            file_ids = [i for name in chosen[first : first + BATCH_NAMES] for i in names[name]]
            with self._transaction() as cursor:
                cursor.execute(
                    sql.SQL("delete from {} where _file_id = any(%s)").format(
                        qualified(destination(cut.table))
                    ),
                    (file_ids,),
                )
                rows += cursor.rowcount
                cursor.execute("delete from etl.rejects where _file_id = any(%s)", (file_ids,))
                cursor.execute(
                    "update etl.file_ledger set status = 'withdrawn', reason = %s,"
                    # Whoever had withdrawn it has nothing to put back any more.
                    " withdrawn_until = null, purged_at = clock_timestamp()"
                    " where _file_id = any(%s)",
                    (PURGED, file_ids),
                )
            files += len(file_ids)
        return replace(counted, rows=rows, files=files)

    def _history(self, cursor: Cursor, table: Table) -> Destination | None:
        """The snapshot of a table, once a build has made it."""
        to = self._histories.get((table.source, table.name))
        return to if to and _types(cursor, to) else None


def _condition(cursor: Cursor, to: Destination, cut: Cut) -> sql.Composable:
    """Which rows are too old; a row without a day is never known to be."""
    column = dating_column(cut.table)
    assert column is not None, "the catalog asks for it"
    types = _types(cursor, to)
    if types.get(column) not in _DATED:
        raise Undated(
            f"{cut.table.key}: {column} is {types.get(column, 'not there')}, and no date or"
            f" timestamp: name another `retention_column` in {cut.table.declared_in}"
        )
    return sql.SQL("{} < %(day)s").format(sql.Identifier(column))


def _types(cursor: Cursor, to: Destination) -> dict[str, str]:
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        (f'"{to.schema}"."{to.table}"',),
    )
    return dict(cursor.fetchall())


def _count_old(cursor: Cursor, to: Destination, cut: Cut) -> int:
    cursor.execute(
        sql.SQL("select count(*) from {} where {}").format(
            qualified(to), _condition(cursor, to, cut)
        ),
        {"day": cut.first_day},
    )
    return _number(cursor)


def _old_rejects(cursor: Cursor, cut: Cut, what: str) -> int:
    """Rejects of a table have no day of their own: that of their rejection counts."""
    cursor.execute(
        f"{what} etl.rejects where source = %s and table_name = %s and rejected_at < %s",
        (cut.table.source, cut.table.name, cut.first_day),
    )
    return cursor.rowcount if what.startswith("delete") else _number(cursor)


def _old_names(cursor: Cursor, cut: Cut) -> dict[str, list[str]]:
    """Logical name -> the contents of it, of those whose last day is too old.

    All versions of one count together: were only the last one to go, the one that it replaced would
    hold again.
    """
    cursor.execute(
        """
        select logical_name, array_agg(distinct _file_id)
        from etl.file_ledger
        where
            source = %s and table_name = %s and _file_id is not null and logical_name is not null
            and purged_at is null
            and (
                status in ('landed', 'superseded', 'duplicate')
                or (status = 'withdrawn' and landed_at is not null)
            )
        group by logical_name
        having max(coalesce(last_day, cast(delivered_at as date))) < %s
        order by logical_name
        """,
        (cut.table.source, cut.table.name, cut.first_day),
    )
    return dict(cursor.fetchall())


def _rows_of(cursor: Cursor, raw: Destination, file_ids: Sequence[str]) -> tuple[int, int]:
    """How many rows and rejects some contents have."""
    counts = []
    for to in (qualified(raw), sql.Identifier("etl", "rejects")):
        cursor.execute(
            sql.SQL("select count(*) from {} where _file_id = any(%s)").format(to),
            (list(file_ids),),
        )
        counts.append(_number(cursor))
    return counts[0], counts[1]


def _number(cursor: Cursor) -> int:
    row = cursor.fetchone()
    return int(row[0]) if row else 0
