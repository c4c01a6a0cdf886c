"""Whose the differences of a table are: ours, or of what the source did after the last load.

A load leaves three things that later changes of the source do not move: how many rows the image
has (`image_rows`), the hash of each row as it was read, and how far it read. A row that differs
under the hash that the source's row has today, an image with fewer rows than was noted, a row whose
values do not give its hash: the warehouse has changed. Everything else the source has changed
since, and the next load that reads it sets it right. The hash is evidence of that alone: what
differs is found by the values, whatever the hash says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ingest.databases.model import Mark
from ingest.validation.checksums import period_name
from ingest.validation.model import (
    ADDED,
    CHANGED,
    DOUBLED,
    FULL_LOAD,
    GONE,
    LOST,
    NOT_YET,
    REKEYED,
    UNNOTED,
    Checked,
    Difference,
)
from ingest.validation.rows import Keyed, Row

PRIVATE = "(personal)"


@dataclass(frozen=True, slots=True)
class Noted:
    """What the last load noted of a table."""

    image_rows: int
    last_full_at: datetime
    last_load_at: datetime
    run_id: str
    purged_before: date | None
    mark: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells a fault from a later change. `held`: rows of the raw table; `next_since`: from
    which cursor value the next load reads, None for all; `has_cursor`: whether loads are deltas.
    """

    noted: Noted
    held: int
    next_since: Mark | None
    has_cursor: bool

    @property
    def fewer(self) -> int:
        """How many rows fewer the image has than the last load left; more, where negative."""
        return self.noted.image_rows - self.held

    def will_be_read(self, row: Row) -> bool:
        """Whether the next load reads a row of the source, as it is now."""
        if self.next_since is None:
            return True
        return row.cursor is not None and _comparable(row.cursor) >= _comparable(self.next_since)


class Judge:
    """Gives each key that differs its heading.

    `private`: columns whose values are never told.
    """

    def __init__(
        self,
        columns: Sequence[str],
        private: frozenset[str],
        evidence: Evidence,
        cursor: str | None,
    ):
        self._columns = columns
        self._private = private
        self._evidence = evidence
        self._cursor = cursor
        # Rows that the image has more than keys.
        self._doubles = 0

    def judge(self, keyed: Mapping[int, Keyed], checked: Checked) -> None:
        """Note every difference, those of faults first."""
        missing, surplus, found = [], [], []
        self._doubles = sum(len(one.raw) - 1 for one in keyed.values() if len(one.raw) > 1)
        for one in keyed.values():
            if len(one.raw) > 1:
                found.append(self._told(DOUBLED, one.raw[0], f"{len(one.raw)} rows"))
            elif one.raw and one.matched:
                found += self._doubled_at_the_source(one)
            elif one.raw and one.source:
                found.append(self._changed(one))
                if len(one.source) > 1:
                    found += self._doubled_at_the_source(one)
            elif one.raw:
                surplus.append(one.raw[0])
            else:
                missing.append(_winner(one.source))
        found += self._one_sided(missing, surplus)
        order = [DOUBLED, CHANGED, REKEYED, LOST, ADDED, UNNOTED, NOT_YET, FULL_LOAD, GONE]
        for difference in sorted(found, key=lambda each: (order.index(each.heading), each.key)):
            checked.note(difference)

    def _one_sided(self, missing: list[Row], surplus: list[Row]) -> list[Difference]:
        """Rows that one side lacks; of one that only its key tells from a row of the other side,
        the key was changed.
        """
        found = []
        fewer = self._evidence.fewer + self._doubles
        by_hash = {row.row_hash: row for row in surplus if row.row_hash}
        for row in missing:
            twin = by_hash.pop(row.row_hash, None) if row.row_hash else None
            if twin is not None:
                surplus = [other for other in surplus if other is not twin]
                found.append(self._told(REKEYED, row, f"it is {self._named(twin)}"))
            elif fewer > 0 and not self._is_after_the_mark(row):
                said = f"the image has {fewer} rows fewer than the last load left"
                found.append(self._told(LOST, row, said))
            else:
                heading = NOT_YET if self._evidence.will_be_read(row) else FULL_LOAD
                found.append(self._told(heading, row))
        for row in surplus:
            is_ours = fewer < 0 or _was_altered(row)
            found.append(self._told(ADDED if is_ours else GONE, row))
        return found

    def _changed(self, one: Keyed) -> Difference:
        raw, row = one.raw[0], _winner(one.source)
        columns = tuple(
            name
            for name, is_other in zip(self._columns, raw.words != row.words, strict=True)
            if is_other
        )
        if raw.row_hash == row.row_hash or _was_altered(raw):
            return self._told(CHANGED, raw, columns=columns)
        heading = NOT_YET if self._evidence.will_be_read(row) else FULL_LOAD
        return self._told(heading, raw, columns=columns)

    def _doubled_at_the_source(self, one: Keyed) -> list[Difference]:
        """The source has a key more often than once, and no reject says so. A delta may have
        brought one after the other: only a full load sees both.
        """
        raw, evidence = one.raw[0], self._evidence
        came_alone = (
            evidence.has_cursor
            and raw.loaded_at is not None
            and raw.loaded_at > evidence.noted.last_full_at
        )
        is_later = came_alone or any(
            not one.matched or self._is_after_the_mark(row) for row in one.source
        )
        heading = FULL_LOAD if is_later else UNNOTED
        return [self._told(heading, raw, "the source has this key more than once")]

    def _is_after_the_mark(self, row: Row) -> bool:
        mark = self._evidence.noted.mark
        if not self._evidence.has_cursor or mark is None or row.cursor is None:
            return False
        if isinstance(row.cursor, date):
            return bool(_comparable(row.cursor) > _comparable(datetime.fromisoformat(mark)))
        if isinstance(row.cursor, int | Decimal):
            return row.cursor > Decimal(mark)
        return str(row.cursor) > mark

    def _told(
        self, heading: str, row: Row, detail: str = "", columns: tuple[str, ...] = ()
    ) -> Difference:
        return Difference(heading, self._named(row), columns, period_name(row.period), detail)

    def _named(self, row: Row) -> str:
        return ", ".join(
            f"{name}={PRIVATE if name in self._private else value}" for name, value in row.key
        )


def _winner(rows: Sequence[Row]) -> Row:
    """Of rows that share a key the one that lands: the newest, then that of the greater hash."""
    return max(
        rows,
        key=lambda row: (
            row.cursor is not None,
            _comparable(row.cursor) if row.cursor is not None else 0,
            row.row_hash or "",
        ),
    )


def _was_altered(row: Row) -> bool:
    """Whether the values of a raw row do not give the hash that it was landed with."""
    return row.recomputed is not None and row.recomputed != row.row_hash


def _comparable(value: Any) -> Any:
    """A day or moment as a moment without a zone: the sides may differ in that alone."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return value
