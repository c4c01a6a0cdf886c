"""A checksum is the same for the same rows in whatever order, and for no others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ingest.validation.checksums import (
    Sums,
    is_month,
    key_words,
    period_name,
    period_of_cell,
    periods_of,
)

COLUMNS = ("id", "name", "town", "amount", "day")
Row = tuple[Any, ...]
ROWS: list[Row] = [
    (1, "é", None, 1.5, date(2024, 1, 31)),
    (2, "", "e", None, date(2024, 2, 1)),
    (3, None, "", -0.5, None),
]
SCHEMA = pa.schema(
    [
        *(("id", pa.int64()), ("name", pa.string()), ("town", pa.string())),
        *(("amount", pa.float64()), ("day", pa.date32())),
    ]
)


def sums(rows: Sequence[Row], *, cut: int | None = None) -> Sums:
    made = Sums(len(COLUMNS))
    for some in [rows] if cut is None else [rows[:cut], rows[cut:]]:
        batch = pa.RecordBatch.from_pylist(
            [dict(zip(COLUMNS, row, strict=True)) for row in some], schema=SCHEMA
        )
        keys = key_words(batch, ["id"])
        made.add(batch, COLUMNS, keys, periods_of(batch, "day", keys))
    return made


VALUES = st.tuples(
    st.integers(-9, 9),
    st.none() | st.sampled_from(["", "a", "b"]),
    st.none() | st.sampled_from(["", "a", "b"]),
    st.none() | st.sampled_from([0.0, 0.01, 1.0]),
    st.none() | st.sampled_from([date(2024, 1, 1), date(2024, 2, 1)]),
)


@given(st.lists(VALUES, max_size=6), st.lists(VALUES, max_size=6), st.integers(0, 6))
def test_the_same_rows_have_the_same_sums_and_no_others_do(
    one: list[Row], other: list[Row], cut: int
) -> None:
    assert not sums(one).differing_cells(sums(sorted(one, key=repr), cut=cut))
    differ = sums(one).differing_cells(sums(other))
    assert bool(differ) == (sorted(one, key=repr) != sorted(other, key=repr))


def test_a_difference_is_laid_to_its_month_and_its_columns() -> None:
    changed = [ROWS[0], (2, None, "e", None, date(2024, 2, 1)), ROWS[2]]
    before, after = sums(ROWS), sums(changed)
    (cell,) = before.differing_cells(after)
    month = period_of_cell(cell)
    assert (period_name(month), is_month(month)) == ("2024-02", True)
    assert [COLUMNS[place] for place in before.differing_columns(after, month)] == ["name"]
    swapped = [(1, None, "é", 1.5, date(2024, 1, 31)), *ROWS[1:]]
    (cell,) = before.differing_cells(sums(swapped))
    columns = before.differing_columns(sums(swapped), period_of_cell(cell))
    assert [COLUMNS[place] for place in columns] == ["name", "town"]
    assert before.rows == {period: 1 for period in before.rows} and before.total == 3


def test_values_that_change_rows_are_seen_in_their_column() -> None:
    day = date(2024, 1, 31)
    before = sums([(1, "a", None, 1.0, day), (2, "b", None, 2.0, day)])
    after = sums([(1, "b", None, 1.0, day), (2, "a", None, 2.0, day)])
    (month,) = before.rows
    assert [COLUMNS[place] for place in before.differing_columns(after, month)] == ["name"]


def test_a_column_that_is_not_there_is_one_of_nulls() -> None:
    batch = pa.RecordBatch.from_pylist([{"id": 1, "day": None}], schema=SCHEMA)
    fewer = batch.select(["id", "day"])
    made = []
    for one in (batch, fewer):
        keys = key_words(one, ["id"])
        made.append(Sums(len(COLUMNS)))
        made[-1].add(one, COLUMNS, keys, periods_of(one, "day", keys))
    assert not made[0].differing_cells(made[1])


def test_periods_are_months_of_a_dated_cursor_or_buckets_of_the_key() -> None:
    moments = [datetime(1969, 12, 31, 23), datetime(2024, 7, 1), None]
    batch = pa.RecordBatch.from_pydict(
        {"id": [1, 2, 3], "at": pa.array(moments, pa.timestamp("us", tz="UTC"))}
    )
    keys = key_words(batch, ["id"])
    names = [period_name(code) for code in periods_of(batch, "at", keys).tolist()]
    assert names == ["1969-12", "2024-07", "no date"]
    for cursor in (None, "id"):
        codes = periods_of(batch, cursor, keys).tolist()
        assert all(period_name(code).startswith("bucket ") for code in codes)
        assert not any(is_month(code) for code in codes)
