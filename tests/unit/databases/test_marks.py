"""How far a table was read, and from where the next delta begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from ingest.catalog import DatabaseOrigin, Duration, Table
from ingest.databases.marks import HighWater, Mark, as_text, since

NOW = datetime(2025, 3, 31, 12, tzinfo=UTC)
ZONED, WALL = pa.timestamp("us", tz="UTC"), pa.timestamp("us")


def table(lookback: Duration | None = None, precision: Any = "datetime") -> Table:
    origin = DatabaseOrigin("t", ("id",), "updated_at", precision, lookback, None, {})
    return Table("s", "t", "raw_s", "t", "x.yml", ("S_URL",), origin)


def seen(kind: pa.DataType, *batches: list[Any]) -> tuple[Mark | None, int]:
    water = HighWater(NOW)
    for values in batches:
        water.see(pa.array(values, kind))
    return water.value, water.in_future


def test_the_mark_is_the_greatest_value_of_all_batches() -> None:
    late, early = NOW - timedelta(hours=1), NOW - timedelta(days=9)
    assert seen(ZONED, [early, None], [late], [None]) == (late, 0)
    assert seen(pa.int64(), [3, None, 1]) == (3, 0)
    assert seen(pa.string(), ["b", "a", None]) == ("b", 0)
    assert seen(ZONED, [None]) == seen(ZONED) == (None, 0)


def test_what_lies_in_the_future_moves_nothing() -> None:
    good = NOW - timedelta(days=1)
    assert seen(ZONED, [good, NOW + timedelta(seconds=1)]) == (good, 1)
    assert seen(pa.date32(), [date(2025, 4, 1), date(2025, 4, 3)]) == (date(2025, 4, 1), 1)


def test_a_wall_clock_may_be_ahead_of_utc() -> None:
    ahead = datetime(2025, 4, 1, 1)
    assert seen(WALL, [ahead, datetime(2025, 4, 1, 3)]) == (ahead, 1)
    assert since(table(), as_text(ahead), WALL, NOW) == ahead
    assert since(table(), "2025-04-01T03:00:00", WALL, NOW) is None


@pytest.mark.parametrize(
    ("kind", "mark", "span", "precision", "expected"),
    [
        (ZONED, "2025-03-31T10:00:00+00:00", None, "datetime", NOW.replace(hour=10)),
        (ZONED, "2025-03-31T10:00:00+00:00", Duration(exact=timedelta(hours=12)), "datetime",
         datetime(2025, 3, 30, 22, tzinfo=UTC)),
        (ZONED, "2025-03-31T10:00:00+00:00", Duration(months=1), "datetime",
         datetime(2025, 2, 28, 10, tzinfo=UTC)),
        (WALL, "2025-03-31T10:00:00", Duration(exact=timedelta(days=1)), "date",
         datetime(2025, 3, 30)),
        (pa.date32(), "2025-03-31", Duration(exact=timedelta(days=1)), "date", date(2025, 3, 30)),
        (pa.int64(), "41", None, None, 41),
        (pa.decimal128(20, 0), "41", None, None, Decimal(41)),
        (pa.string(), "b", None, None, "b"),
        (ZONED, "2025-03-31T12:00:01+00:00", None, "datetime", None),
    ],
)  # fmt: skip
def test_a_delta_begins_at_the_mark_less_the_lookback(
    kind: pa.DataType, mark: str, span: Duration | None, precision: Any, expected: Mark | None
) -> None:
    assert since(table(span, precision), mark, kind, NOW) == expected
