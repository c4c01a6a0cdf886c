"""A table of a database: what the source says now against the raw image.

    both sides once, by period  ->  the parts that differ  ->  the rows of these  ->  judged

The time is that of reading both sides, once where they are equal. A period is a month of the
cursor, or a bucket of the key.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

import psycopg2
import pyarrow as pa
from psycopg2.extensions import connection as Connection

from ingest.catalog import DatabaseOrigin, Table
from ingest.databases import marks
from ingest.databases.model import Database, Mark, ReadAgain, SourceUnreachable, TableUnreadable
from ingest.databases.patience import Silent, within
from ingest.databases.planning import Load, plan_load
from ingest.databases.postgres import SESSION, PostgresDatabase
from ingest.databases.rows import ROW_HASH
from ingest.databases.sieve import Sieve
from ingest.names import snake_case
from ingest.privacy.persons import WrongKey, erased
from ingest.raw_tables import present_types
from ingest.validation.checksums import Sums, is_month, period_name
from ingest.validation.judging import Evidence, Judge, Noted
from ingest.validation.model import UNNOTED, Checked, Difference, Period
from ingest.validation.rows import Reading, compare_rows, periods_that_differ
from ingest.validation.sides import Forms, RawSide, SourceSide, forms_of, refusal
from ingest.warehouse import transaction

CHECK = "source and raw image"
# A load that ended while the two sides were read: they are read again, so often.
ATTEMPTS = 3
_SHOWN = ("datestyle", "intervalstyle", "extra_float_digits")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to compare. `patience`: how many seconds the source may be silent; `strict`: nothing was
    written to the source since the last load, so whatever differs is a fault.
    """

    patience: float
    pii_key: bytes | None = None
    strict: bool = False


class TableCheck:
    """Compares the tables of one source database."""

    def __init__(
        self, database: Database, raw: PostgresDatabase, warehouse: Connection, wanted: Wanted
    ):
        """`warehouse`: a connection with the loader's rights, that commits by itself."""
        self._database = database
        self._raw = raw
        self._warehouse = warehouse
        self._wanted = wanted
        with transaction(warehouse) as cursor:
            # What is cast to text here reads as where the raw table is read.
            for name, value in SESSION.items():
                if name in _SHOWN:
                    cursor.execute("select set_config(%s, %s, false)", (name, value))

    def check(self, table: Table) -> Checked:
        """Compare one table; what cannot be compared says why in `failure`."""
        began = time.monotonic()
        checked = Checked(table.source, table.name, CHECK, strict=self._wanted.strict)
        try:
            for _ in range(ATTEMPTS):
                checked = Checked(table.source, table.name, CHECK, strict=self._wanted.strict)
                noted = self._noted(table)
                if noted is None:
                    checked.failure = "has not been landed yet; run `entrepot run` first"
                    break
                self._compare(table, noted, checked)
                if noted == self._noted(table):
                    break
            else:
                checked.failure = "was landed again and again while it was compared; try later"
        except (
            *(TableUnreadable, SourceUnreachable, Silent, WrongKey),
            *(pa.ArrowException, psycopg2.Error),
        ) as error:
            checked.failure = refusal(error).removeprefix(f"{table.key}: ")
        checked.seconds = time.monotonic() - began
        return checked

    def _noted(self, table: Table) -> Noted | None:
        """What the last load noted of the table."""
        with transaction(self._warehouse) as cursor:
            cursor.execute(
                "select image_rows, last_full_at, last_load_at, run_id, purged_before, mark"
                " from etl.source_tables where source = %s and table_name = %s",
                (table.source, table.name),
            )
            found = cursor.fetchone()
        return Noted(*found) if found else None

    def _compare(self, table: Table, noted: Noted, checked: Checked) -> None:
        load, since = self._plans(table, checked)
        with transaction(self._warehouse) as cursor:
            rejects = _rejects(cursor, table)
            forgotten = erased(cursor, table.source, self._wanted.pii_key)
        source = SourceSide(
            self._database,
            load,
            Sieve(table, noted.purged_before, forgotten, self._wanted.pii_key),
            self._warehouse,
            rejects,
            self._wanted.patience,
        )
        raw = RawSide(self._raw, f"{table.schema}.{table.identifier}")
        arriving = source.schema()
        forms = forms_of(load, arriving, raw.columns())
        checked.notes += [
            f"column {name} is new at the source and lands with the next load"
            for name in arriving.names
            if name not in forms.columns and name != ROW_HASH
        ]
        reading = Reading(
            forms.columns,
            load.image.key,
            load.image.cursor,
            hashed=not forms.cast and set(forms.columns) == set(arriving.names) - {ROW_HASH},
        )
        expected = _until_whole(lambda: _sums(reading, source.batches(forms)))
        checked.expected, checked.rejected = source.rows, source.left_out
        _note_unfit(source, checked)
        found = _sums(reading, raw.batches(forms))
        checked.found = found.total
        cells = expected.differing_cells(found)
        if not cells:
            return
        for code in periods_that_differ(cells):
            columns = expected.differing_columns(found, code)
            checked.periods.append(
                Period(
                    period_name(code),
                    expected.rows.get(code, 0),
                    found.rows.get(code, 0),
                    tuple(forms.columns[place] for place in columns),
                )
            )
        self._name_rows(table, noted, load, since, reading, forms, (source, raw), cells, checked)

    def _name_rows(
        self,
        table: Table,
        noted: Noted,
        load: Load,
        since: Mark | None,
        reading: Reading,
        forms: Forms,
        sides: tuple[SourceSide, RawSide],
        cells: Sequence[int],
        checked: Checked,
    ) -> None:
        source, raw = sides
        earliest = _earliest(load, cells)
        keyed, beyond = _until_whole(
            lambda: compare_rows(
                reading,
                cells,
                raw.batches(forms),
                source.batches(forms, earliest),
                raw.batches(forms),
            )
        )
        evidence = Evidence(
            noted=noted,
            held=checked.found or 0,
            next_since=since,
            has_cursor=load.image.cursor is not None and table.mode != "full",
        )
        personal = {snake_case(name) for one in table.subjects for name in one.personal}
        private = frozenset(load.shape.pseudonyms | personal)
        Judge(reading.columns, private, evidence, load.image.cursor).judge(keyed, checked)
        if beyond:
            checked.notes.append(
                f"{beyond} more rows differ than are looked at one by one; they count as lost"
            )
            checked.note(Difference("lost", "not looked at one by one"), beyond)

    def _plans(self, table: Table, checked: Checked) -> tuple[Load, Mark | None]:
        """What a load of everything reads, and from where the next one would read on."""
        origin = table.origin
        assert isinstance(origin, DatabaseOrigin)
        patience = self._wanted.patience
        now = within(patience, self._database.now)
        described = within(patience, lambda: self._database.describe(origin.relation))
        with transaction(self._warehouse) as cursor:
            known = marks.load_known(cursor, table.source).get(table.name)
            own = present_types(cursor, [table.schema])
        load, following = (
            plan_load(
                table,
                described,
                known,
                place=self._database.place,
                now=now,
                force_full=force_full,
                pii_key=self._wanted.pii_key,
            )
            for force_full in (True, False)
        )
        held = own.get(load.image.to, {})
        load.image = replace(load.image, raw={n: held.get(n, k) for n, k in load.image.raw.items()})
        checked.notes += [note for note in load.notes if note.startswith("schema_change")]
        return load, following.extract.since


def check_tables(
    database: Database,
    raw: PostgresDatabase,
    warehouse: Connection,
    tables: Sequence[Table],
    wanted: Wanted,
) -> Iterator[Checked]:
    """Compare tables of one source database, one after the other; closes the source at the end."""
    with closing(database):
        checking = TableCheck(database, raw, warehouse, wanted)
        for table in tables:
            yield checking.check(table)


def _sums(reading: Reading, batches: Iterator[pa.RecordBatch]) -> Sums:
    sums = Sums(len(reading.columns))
    for batch in batches:
        keys, periods = reading.placed(batch)
        sums.add(batch, reading.columns, keys, periods)
    return sums


def _until_whole(read: Callable[[], T]) -> T:
    """Read once more where the reader has learnt how to read the table whole."""
    while True:
        try:
            return read()
        except ReadAgain:
            continue


def _rejects(cursor: Any, table: Table) -> Counter[str]:
    """How often each row hash of a table was rejected."""
    cursor.execute(
        "select raw_hash, count(*) from etl.rejects where source = %s and table_name = %s"
        " and raw_hash is not null group by raw_hash",
        (table.source, table.name),
    )
    return Counter(dict(cursor.fetchall()))


def _note_unfit(source: SourceSide, checked: Checked) -> None:
    """A row with a value that its type cannot hold must stand in `etl.rejects`."""
    for row_hash, count in (source.unfit - source.rejected).items():
        checked.note(
            Difference(UNNOTED, f"row hash {row_hash}", detail="a value does not fit its type"),
            count,
        )


def _earliest(load: Load, cells: Sequence[int]) -> Mark | None:
    """From where the source need be read again: the first month that differs, where each does."""
    periods = periods_that_differ(cells)
    cursor = load.extract.cursor
    if not cursor or not all(is_month(code) for code in periods):
        return None
    kind = next(c.transport for c in load.extract.columns if c.source_name == cursor)
    year, month = (int(part) for part in period_name(periods[0]).split("-"))
    if not 1 <= year <= 9998:
        return None
    if pa.types.is_timestamp(kind):
        return datetime(year, month, 1)
    return date(year, month, 1)
