"""Arrays in one text become numbered columns, and no element is lost or moved."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.databases.extents import numbered, split

ELEMENTS = st.lists(st.text("ab;~ é", max_size=4), min_size=1, max_size=6)


def packed(elements: list[str]) -> str:
    """As the source writes an array: its own `~` and `;` escaped."""
    return ";".join(element.replace("~", "~~").replace(";", "~;") for element in elements)


def texts(arrays: list[pa.Array]) -> list[list[str | None]]:
    return [array.to_pylist() for array in arrays]


def test_elements_get_numbered_columns() -> None:
    assert numbered("adresse", 3) == ["adresse_1", "adresse_2", "adresse_3"]
    made, too_long = split(pa.array(["1 rue A;B;", "x", None, ";;z"]), 3)
    assert texts(made) == [["1 rue A", "x", None, ""], ["B", None, None, ""], ["", None, None, "z"]]
    assert too_long == 0


def test_an_array_longer_than_declared_is_left_whole() -> None:
    made, too_long = split(pa.array(["a;b;c", "a;b"]), 2)
    assert texts(made) == [[None, "a"], [None, "b"]]
    assert too_long == 1


@pytest.mark.parametrize(
    "text, elements", [("a~;b;c", ["a;b", "c"]), ("a~", ["a~"]), ("~~;", ["~", ""])]
)
def test_what_is_escaped_does_not_part(text: str, elements: list[str]) -> None:
    made, _ = split(pa.array([text]), 2)
    assert [column[0] for column in texts(made)] == [*elements, None][:2]


def test_no_row_is_nothing_special() -> None:
    made, too_long = split(pa.array([], pa.string()), 2)
    assert (texts(made), too_long) == ([[], []], 0)


@given(st.lists(st.none() | ELEMENTS, max_size=8))
def test_every_element_comes_back(rows: list[list[str] | None]) -> None:
    values = pa.array([None if row is None else packed(row) for row in rows], pa.string())
    made, too_long = split(values, 6)
    assert too_long == 0
    for place, row in enumerate(rows):
        own = [column[place].as_py() for column in made]
        assert own == [*(row or []), *[None] * (6 - len(row or []))]
    sliced, _ = split(values.slice(1), 6)  # a slice has offsets of its own
    assert texts(sliced) == [column[1:] for column in texts(made)]
