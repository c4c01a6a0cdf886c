"""The values of a column, counted batch by batch, are those of the column as a whole."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from orchestration.profiling import tally as tallying
from orchestration.profiling.tally import Sketch, Tally


def counted(kind: str, values: list[Any], batch: int, arrow: pa.DataType) -> Tally:
    tally = Tally(kind)
    for at in range(0, len(values), batch):
        tally.add(pa.array(values[at : at + batch], arrow))
    return tally


@pytest.mark.trials(5, 200)
def test_texts_are_counted_as_a_counter_would(seed: int) -> None:
    draw = random.Random(seed)
    pool = ["", " ", "\u00a0", "a", "é", "un deux", "Z" * 40, None, *map(str, range(40))]
    values = [draw.choice(pool) for _ in range(draw.randint(1, 400))]
    tally = counted("text", values, draw.randint(1, 90), pa.string())
    texts = [value for value in values if value is not None]
    expected = Counter(texts)
    assert (tally.rows, tally.nulls) == (len(values), len(values) - len(texts))
    assert tally.blanks == sum(not text.strip() for text in texts)
    assert tally.distinct == len(expected)
    assert not tally.is_estimated
    assert dict(tally.top(len(expected) + 1)) == expected
    assert [n for _, n in tally.top(3)] == sorted(expected.values(), reverse=True)[:3]
    if texts:
        assert (tally.smallest, tally.greatest) == (
            min(texts, key=str.encode),
            max(texts, key=str.encode),
        )
        assert (tally.shortest, tally.longest) == (min(map(len, texts)), max(map(len, texts)))


def test_numbers_have_ends_and_a_mean() -> None:
    tally = counted("number", [3, None, -2, 10, 3], 2, pa.int64())
    assert (tally.smallest, tally.greatest, tally.mean) == (-2, 10, 3.5)
    assert (tally.distinct, tally.blanks, tally.top(1)) == (3, 0, [(3, 2)])


def test_a_numeric_is_ordered_as_a_number_and_shown_whole() -> None:
    """It travels as text: `9` is less than `10`, and no digit is lost."""
    long = "12345678901234567890.123"
    tally = counted("number", ["9", "10", long, "-0.5"], 3, pa.string())
    assert (tally.smallest, tally.greatest) == ("-0.5", long)


def test_what_is_no_number_is_no_end() -> None:
    tally = counted("number", ["NaN", "2", "1"], 5, pa.string())
    assert (tally.smallest, tally.greatest, tally.mean) == ("1", "2", None)
    only = counted("number", ["NaN"], 5, pa.string())
    assert (only.smallest, only.greatest, only.distinct) == (None, None, 1)


def test_the_ends_are_exact_where_doubles_are_not() -> None:
    far = 2**53
    tally = counted("number", [far + 1, far, far + 2, None], 2, pa.int64())
    assert (tally.smallest, tally.greatest, tally.distinct) == (far, far + 2, 3)
    near = [f"1234567890123456789{digit}" for digit in (2, 1, 4, 3, 5)]
    tally = counted("number", near, 2, pa.string())
    assert (tally.smallest, tally.greatest) == (near[1], near[4])


@pytest.mark.filterwarnings("error")
def test_zero_is_one_value_and_infinity_is_quiet() -> None:
    tally = counted("number", [0.0, -0.0, 1.0], 5, pa.float64())
    assert (tally.distinct, tally.top(1)) == (2, [(0.0, 2)])
    tally = counted("number", ["Infinity", "-Infinity"], 5, pa.string())
    assert (tally.smallest, tally.greatest, tally.mean) == ("-Infinity", "Infinity", None)


def test_flags_have_ends() -> None:
    tally = counted("other", [True, False, None], 2, pa.bool_())
    assert (tally.smallest, tally.greatest, tally.distinct) == (False, True, 2)


def test_nothing_at_all() -> None:
    tally = counted("text", [None, None], 1, pa.string())
    assert (tally.rows, tally.nulls, tally.distinct, tally.top(3)) == (2, 2, 0, [])
    assert (tally.smallest, tally.greatest, tally.shortest, tally.mean) == (None,) * 4


def test_a_pseudonym_is_known_by_its_form() -> None:
    assert counted("text", ["x", "0f" * 32], 5, pa.string()).is_personal
    assert not counted("text", ["0f" * 16, "0f" * 32 + "0"], 5, pa.string()).is_personal
    # In an array or a document as well.
    assert counted("other", [f"{{{'0f' * 32},b}}"], 5, pa.string()).is_personal


def test_too_many_values_are_estimated_and_the_frequent_ones_kept() -> None:
    draw = random.Random(7)
    values = [f"rare {n}" for n in range(60_000)] + ["often"] * 900 + ["less often"] * 500
    draw.shuffle(values)
    tally = counted("text", values, 5_000, pa.string())
    assert tally.is_estimated
    assert abs(tally.distinct / 60_002 - 1) < 0.04
    assert [value for value, _ in tally.top(2)] == ["often", "less often"]
    assert [count for _, count in tally.top(2)] == [900, 500]
    assert tally._counts.num_rows <= tallying.EXACT_VALUES


def test_memory_stays_flat_for_long_texts() -> None:
    tally = Tally("text")
    for batch in range(20):
        tally.add(pa.array([f"{batch} {row} {'x' * 4_000}" for row in range(200)]))
    assert tally.is_estimated
    assert tally._counts.nbytes <= 2 * tallying.EXACT_BYTES
    assert abs(tally.distinct / 4_000 - 1) < 0.04


@pytest.mark.parametrize("count", [1, 500, 12_000, 40_000, 300_000])
def test_the_sketch_is_near(count: int) -> None:
    sketch = Sketch()
    for at in range(0, count, 70_000):
        sketch.add(pa.array(np.arange(at, min(count, at + 70_000)) * 7))
    sketch.add(pa.array([0, 7, 0]) if count > 1 else pa.array([0]))
    assert abs(sketch.count() / count - 1) < 0.035
