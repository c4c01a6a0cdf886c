"""Random days in the tables of SIGETI: whatever other people may do to a database while it is read.

Everything is done directly in the source tables, by one seed: rows come, change (with a newer mark,
with an older one, or with none), vanish and come back; a transaction commits late; keys are doubled
or missing; columns appear, fill up and are emptied; texts, amounts and references go wrong.
"""

from __future__ import annotations

import json
import random
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import psycopg2
from psycopg2 import sql

from demo.sigeti import BASE_DATE, TABLES
from tests.support.sigeti_reading import MARKS
from tests.support.sigeti_values import EMPTIED, LABELS, NEVER_NULL, VALUES

SMALL = 12  # tables with fewer rows lose none: a table that shrinks by half waits for a person


class Chaos:
    """One seed's changes to one database."""

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._draw = random.Random(seed)
        self.now = BASE_DATE + timedelta(hours=20)
        self.told: list[str] = []
        self._added: list[tuple[str, str]] = []
        self._gone: list[tuple[str, tuple[Any, ...], list[str]]] = []
        self._know_labels()

    def _know_labels(self) -> None:
        """The application has learnt statuses and units that nobody here knows."""
        with closing(self._connect()) as opened:
            opened.autocommit = True
            with opened.cursor() as cursor:
                for kind, label in LABELS:
                    cursor.execute(
                        sql.SQL("alter type {} add value if not exists %s").format(
                            sql.Identifier(kind)
                        ),
                        (label,),
                    )

    def _connect(self) -> Any:
        return psycopg2.connect(self._url, client_encoding="UTF8", options="-c timezone=UTC")

    def pass_day(self) -> None:
        """Let one day happen, committed as one transaction."""
        self.now += timedelta(days=1)
        self.told.append(f"day {self.now:%Y-%m-%d}")
        kinds = (
            [self._update] * 14
            + [self._insert] * 4
            + [self._delete] * 3
            + [
                self._lose_mark,
                self._put_away,
                self._commit_late,
                self._come_back,
                self._double_key,
            ]
            + [self._lose_key, self._add_column, self._fill_column, self._empty_column]
        )
        with closing(self._connect()) as opened, opened, opened.cursor() as cursor:
            for _ in range(self._draw.randint(20, 60)):
                self._draw.choice(kinds)(cursor)

    # Single rows

    def _mark(self, table: str) -> tuple[str, datetime | None]:
        """The column of the mark, and what it becomes; None: as it was."""
        name = MARKS[table]
        older = self.now - timedelta(hours=self._draw.choice((1, 23, 25, 400)))
        return name, self._draw.choice((self.now, self.now, None, older)) if name else None

    def _update(self, cursor: Any) -> None:
        table, column = self._draw.choice(sorted(VALUES))
        value = VALUES[table, column](self._draw)
        key = self._key(cursor, table)
        name, mark = self._mark(table)
        changed = {column: value, **({name: mark} if mark else {})}
        self._write(cursor, table, key, changed)

    def _insert(self, cursor: Any, mark: datetime | None = None) -> None:
        """A row like another, with some other values."""
        table = self._draw.choice(TABLES)
        names, row = self._row(cursor, table, self._key(cursor, table))
        values = dict(zip(names, row, strict=True))
        cursor.execute(sql.SQL("select max(id) + 1 from {}").format(_name(table)))
        values["id"] = cursor.fetchone()[0]
        for (other, column), value in VALUES.items():
            if other == table and self._draw.random() < 0.3:
                values[column] = value(self._draw)
        if MARKS[table]:
            values[MARKS[table]] = mark or self.now
        self._add(cursor, table, values)

    def _commit_late(self, cursor: Any) -> None:
        """A transaction that was opened yesterday, or last week, ends."""
        self._insert(cursor, self.now - timedelta(hours=self._draw.choice((20, 200))))

    def _delete(self, cursor: Any) -> None:
        table = self._draw.choice(TABLES)
        cursor.execute(sql.SQL("select count(*) from {}").format(_name(table)))
        if cursor.fetchone()[0] < SMALL:
            return
        key = self._key(cursor, table)
        names, row = self._row(cursor, table, key)
        self._gone.append((table, row, names))
        cursor.execute(sql.SQL("delete from {} where id = %s").format(_name(table)), (key,))
        self.told.append(f"delete {table} {key}")

    def _come_back(self, cursor: Any) -> None:
        """A row that was deleted is restored, with the mark that it had."""
        if not self._gone:
            return
        table, row, names = self._gone.pop(self._draw.randrange(len(self._gone)))
        values = dict(zip(names, row, strict=True))
        cursor.execute(
            sql.SQL("select 1 from {} where id = %s").format(_name(table)), (values["id"],)
        )
        if cursor.fetchone() is None:
            self._add(cursor, table, values)

    def _put_away(self, cursor: Any) -> None:
        key = self._key(cursor, "factures")
        self._write(
            cursor,
            "factures",
            key,
            {"is_deleted": True, "deleted_at": self.now, "updated_at": self.now},
        )

    def _lose_mark(self, cursor: Any) -> None:
        """A row has no mark any more: only a full load brings what becomes of it."""
        table = self._draw.choice([name for name in TABLES if MARKS[name]])
        mark = sql.Identifier(MARKS[table])
        cursor.execute(
            sql.SQL("alter table {} alter column {} drop not null").format(_name(table), mark)
        )
        self._write(cursor, table, self._key(cursor, table), {MARKS[table]: None})

    def _lose_value(self, cursor: Any) -> None:
        """A value that every row has is missing from one."""
        table, column = self._draw.choice(sorted(NEVER_NULL))
        cursor.execute(
            sql.SQL("alter table {} alter column {} drop not null").format(
                _name(table), sql.Identifier(column)
            )
        )
        changed: dict[str, Any] = {column: None}
        name, mark = self._mark(table)
        self._write(
            cursor, table, self._key(cursor, table), changed | ({name: mark} if mark else {})
        )

    # Keys

    def _double_key(self, cursor: Any) -> None:
        """Another row takes the key of one, with a newer mark."""
        table = self._draw.choice([name for name in TABLES if MARKS[name]])
        self._free_key(cursor, table)
        names, row = self._row(cursor, table, self._key(cursor, table))
        values = dict(zip(names, row, strict=True))
        changed = [column for other, column in VALUES if other == table]
        if changed:
            column = self._draw.choice(changed)
            values[column] = VALUES[table, column](self._draw)
        # No two marks are the same, so that there is one newest row.
        values[MARKS[table]] = self.now + timedelta(microseconds=len(self.told))
        self._add(cursor, table, values)

    def _lose_key(self, cursor: Any) -> None:
        table = self._draw.choice(TABLES)
        self._free_key(cursor, table)
        names, row = self._row(cursor, table, self._key(cursor, table))
        values = dict(zip(names, row, strict=True)) | {"id": None}
        if MARKS[table]:
            values[MARKS[table]] = self.now
        self._add(cursor, table, values)

    def _free_key(self, cursor: Any, table: str) -> None:
        cursor.execute(
            sql.SQL("alter table {} drop constraint if exists {}").format(
                _name(table), sql.Identifier(f"{table}_pkey")
            )
        )
        cursor.execute(sql.SQL("alter table {} alter column id drop not null").format(_name(table)))

    # Columns

    def _add_column(self, cursor: Any) -> None:
        """A column appears: empty, or with a value in every row."""
        table = self._draw.choice(TABLES)
        name = f"ajout {len(self._added) + 1} é"
        default = self._draw.choice(("", "", " default 7"))
        cursor.execute(
            sql.SQL("alter table {} add column {} integer" + default).format(
                _name(table), sql.Identifier(name)
            )
        )
        self._added.append((table, name))
        self.told.append(f"new column {table}.{name}{default}")

    def _fill_column(self, cursor: Any) -> None:
        if self._added:
            table, name = self._draw.choice(self._added)
            self._write(cursor, table, self._key(cursor, table), {name: self._draw.randint(1, 9)})

    def _empty_column(self, cursor: Any) -> None:
        table, name = self._draw.choice((*EMPTIED, *self._added))
        cursor.execute(
            sql.SQL("update {} set {} = null").format(_name(table), sql.Identifier(name))
        )
        self.told.append(f"empty {table}.{name}")

    # SQL

    def _key(self, cursor: Any, table: str) -> int:
        cursor.execute(
            sql.SQL("select distinct id from {} where id is not null order by 1").format(
                _name(table)
            )
        )
        return int(self._draw.choice(cursor.fetchall())[0])

    def _row(self, cursor: Any, table: str, key: int) -> tuple[list[str], tuple[Any, ...]]:
        cursor.execute(
            sql.SQL("select * from {} where id = %s limit 1").format(_name(table)), (key,)
        )
        row = tuple(json.dumps(v) if isinstance(v, dict | list) else v for v in cursor.fetchone())
        return [column.name for column in cursor.description], row

    def _add(self, cursor: Any, table: str, values: dict[str, Any]) -> None:
        cursor.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                _name(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join([sql.Placeholder()] * len(values)),
            ),
            list(values.values()),
        )
        self.told.append(f"insert {table} {values['id']}")

    def _write(self, cursor: Any, table: str, key: int, values: dict[str, Any]) -> None:
        pairs = sql.SQL(", ").join(
            sql.SQL("{} = %s").format(sql.Identifier(column)) for column in values
        )
        cursor.execute(
            sql.SQL("update {} set {} where id = %s").format(_name(table), pairs),
            [*values.values(), key],
        )
        said = ", ".join(f"{name} = {value}" for name, value in values.items())
        self.told.append(f"update {table} {key}: {said}")


def _name(table: str) -> sql.Identifier:
    return sql.Identifier("public", table)
