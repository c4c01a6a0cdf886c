"""How far each table was read (`etl.source_tables`), and whether the next load may be a delta."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from psycopg2.extensions import cursor as Cursor

from ingest.catalog import DatabaseOrigin, Table
from ingest.databases.image import Counts
from ingest.databases.model import Mark, SourceColumn

# A time without a zone may be any place's wall clock: it is in the future beyond this only.
FARTHEST_EAST = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Known:
    """What the last committed load left behind.

    `purged_before`: the day before which the last purge took rows out.
    """

    mark: str | None
    definition: Mapping[str, Any]
    image_rows: int
    purged_before: date | None = None


@dataclass(slots=True)
class HighWater:
    """The greatest cursor value of a load that is not in the future of the source's clock.

    One row that is dated 2099 must not hide every row that comes after it, so it moves nothing;
    `in_future` counts such rows. Nor does one of before the year 1, such as `-infinity`.
    """

    now: datetime
    value: Mark | None = None
    in_future: int = 0

    def see(self, values: pa.Array) -> None:
        """Look at the cursor column of one batch."""
        kind = values.type
        if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            limit: Any = self.now
            if pa.types.is_date(kind):
                limit = (self.now + FARTHEST_EAST).date()
            elif kind.tz is None:
                limit = (self.now + FARTHEST_EAST).replace(tzinfo=None)
            late = pc.greater(values, pa.scalar(limit, kind))
            self.in_future += pc.sum(late).as_py() or 0
            first: Any = date.min
            if pa.types.is_timestamp(kind):
                first = datetime.min.replace(tzinfo=limit.tzinfo)
            told = pc.greater_equal(values, pa.scalar(first, kind))
            values = pc.filter(values, pc.and_not(told, late))
        greatest = pc.max(values).as_py()
        if greatest is not None and (self.value is None or greatest > self.value):
            self.value = greatest


def definition(
    table: Table, place: str, key: Sequence[str], columns: Sequence[SourceColumn]
) -> dict[str, Any]:
    """What a load depends on beside the rows; when it changes, only a full load is right."""
    origin = table.origin
    assert isinstance(origin, DatabaseOrigin)
    # Only what a table has: the definitions of the others stay what they were.
    arrays = {"extents": dict(origin.extents)} if origin.extents else {}
    nulls = {"nullable_key": list(origin.nullable_key)} if origin.nullable_key else {}
    return {
        **arrays,
        **nulls,
        "place": place,
        "relation": origin.relation,
        "key": list(key),
        "filter": origin.filter,
        "cursor": origin.cursor,
        "pii": dict(table.pii),
        "columns": {column.source_name: column.source_type for column in columns},
    }


def load_known(cursor: Cursor, source: str) -> dict[str, Known]:
    """By table name, what is known of the tables of a source."""
    cursor.execute(
        "select table_name, mark, definition, image_rows, purged_before from etl.source_tables"
        " where source = %s",
        (source,),
    )
    return {name: Known(*known) for name, *known in cursor}


def note(
    cursor: Cursor,
    table: Table,
    defined: Mapping[str, Any],
    mark: Mark | None,
    counts: Counts,
    *,
    is_full: bool,
    run_id: str,
) -> None:
    """Remember a load, in the transaction that commits it."""
    now = datetime.now(UTC)
    cursor.execute(
        """
        insert into etl.source_tables as held (
            source, table_name, mark, definition, image_rows, rows_without_cursor,
            last_full_at, last_load_at, run_id
        )
        values (%(source)s, %(table)s, %(mark)s, %(definition)s, %(rows)s, %(without)s,
            %(now)s, %(now)s, %(run_id)s)
        on conflict (source, table_name) do update set
            mark = case when %(is_full)s then excluded.mark
                else coalesce(excluded.mark, held.mark) end,
            definition = excluded.definition,
            image_rows = excluded.image_rows,
            rows_without_cursor = case when %(is_full)s then excluded.rows_without_cursor
                else held.rows_without_cursor end,
            last_full_at = case when %(is_full)s then excluded.last_full_at
                else held.last_full_at end,
            last_load_at = excluded.last_load_at,
            run_id = excluded.run_id
        """,
        {
            "source": table.source,
            "table": table.name,
            "mark": None if mark is None else as_text(mark),
            "definition": json.dumps(defined),
            "rows": counts.image,
            "without": counts.without_cursor if defined["cursor"] else None,
            "now": now,
            "run_id": run_id,
            "is_full": is_full,
        },
    )


def as_text(mark: Mark) -> str:
    """How a mark is kept; `since` reads it again."""
    return mark.isoformat() if isinstance(mark, date) else str(mark)


def since(table: Table, mark: str, kind: pa.DataType, now: datetime) -> Mark | None:
    """The lowest cursor value to read from: the mark less the lookback; None: read everything.

    With `cursor_precision: date` the time of day is dropped, so that the whole day comes again. A
    mark in the future of the source's clock is refused.
    """
    origin = table.origin
    assert isinstance(origin, DatabaseOrigin)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        moment = datetime.fromisoformat(mark)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC) - FARTHEST_EAST
        if aware > now:
            return None
        if origin.lookback:
            moment = origin.lookback.before(moment)
        if pa.types.is_date(kind):
            return moment.date()
        if origin.cursor_precision == "date":
            moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return moment
    if pa.types.is_integer(kind):
        return int(mark)
    return Decimal(mark) if pa.types.is_decimal(kind) else mark
