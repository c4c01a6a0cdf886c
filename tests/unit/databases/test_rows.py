"""The hash of a row: what it must see, and what it must not see."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.databases.rows import Shape, row_hash, shaped

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
YEARS = (1970, 2, 2025)
# One column of each type that travels, with values that are easily taken for each other.
COLUMNS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "i": (pa.int32(), [0, 1, -1, None]),
    "j": (pa.int64(), [0, 2**40, -(2**40), None]),
    "f": (pa.float64(), [0.0, 0.1, -0.1, None]),
    "b": (pa.bool_(), [True, False, True, None]),
    "d": (pa.date32(), [date(1970, 1, 1), date(2025, 1, 1), date(1900, 1, 1), None]),
    "t": (
        pa.timestamp("us"),
        [NOON.replace(tzinfo=None, year=y) for y in (1970, 2, 2025)] + [None],
    ),
    "z": (pa.timestamp("us", tz="UTC"), [*(NOON.replace(year=y) for y in YEARS), None]),
    "n": (pa.decimal128(38, 2), [Decimal(0), Decimal("-0.01"), Decimal(10) ** 30, None]),
    "s": (pa.string(), ["", "a", "é", None]),
    "y": (pa.binary(), [b"", b"\x00", b"\xff", None]),
}


def batch(**columns: tuple[pa.DataType, list[Any]]) -> pa.RecordBatch:
    return pa.record_batch({name: pa.array(v, kind) for name, (kind, v) in columns.items()})


def test_every_value_of_every_type_counts_and_null_is_not_zero() -> None:
    for name, (kind, values) in COLUMNS.items():
        distinct = list(dict.fromkeys(map(repr, values)))
        hashes = row_hash(batch(**{name: (kind, values)})).to_pylist()
        assert len(set(hashes)) == len(distinct), name
        assert all(len(found) == 32 for found in hashes)


def test_the_order_of_columns_and_new_empty_ones_do_not_count() -> None:
    whole = batch(**COLUMNS)
    backwards = batch(**dict(reversed(COLUMNS.items())))
    wider = whole.append_column("new", pa.nulls(4, pa.string()))
    assert row_hash(whole) == row_hash(backwards) == row_hash(wider)
    assert row_hash(whole) != row_hash(whole.append_column("new", pa.array([""] * 4)))


def test_a_value_is_that_of_its_column() -> None:
    one = batch(a=(pa.int32(), [1]), b=(pa.int32(), [2]))
    other = batch(a=(pa.int32(), [2]), b=(pa.int32(), [1]))
    assert row_hash(one) != row_hash(other)
    texts = batch(a=(pa.string(), ["x"]), b=(pa.string(), ["y"]))
    assert row_hash(texts) != row_hash(batch(a=(pa.string(), ["y"]), b=(pa.string(), ["x"])))


def test_where_a_batch_begins_does_not_count() -> None:
    whole = batch(**COLUMNS)
    parts = [whole.slice(at, 1) for at in range(4)]
    assert row_hash(whole).to_pylist() == [row_hash(part).to_pylist()[0] for part in parts]


def test_no_row_and_no_value_are_nothing_special() -> None:
    assert row_hash(batch(**COLUMNS).slice(0, 0)).to_pylist() == []
    assert row_hash(batch(s=(pa.string(), [None, None]))).to_pylist() == ["0" * 32] * 2


@given(st.lists(st.tuples(st.integers(-5, 5), st.text(max_size=3)), min_size=1, max_size=30))
def test_equal_rows_and_only_they_have_equal_hashes(rows: list[tuple[int, str]]) -> None:
    numbers, texts = zip(*rows, strict=True)
    hashes = row_hash(batch(a=(pa.int16(), list(numbers)), b=(pa.string(), list(texts))))
    assert len(set(hashes.to_pylist())) == len(set(rows))


@pytest.mark.parametrize("kind", [pa.int32(), pa.string()])
def test_a_pseudonym_is_text_and_hashed_as_such(kind: pa.DataType) -> None:
    made = shaped(batch(**{"Nom é": (kind, ["1", None] if kind == pa.string() else [1, None])}),
                  Shape({"Nom é": "nom_e"}, {"nom_e"}, key=b"k"))  # fmt: skip
    assert made.schema.names == ["nom_e", "_row_hash"]
    assert made.column(0).to_pylist()[1] is None and len(made.column(0).to_pylist()[0]) == 64
