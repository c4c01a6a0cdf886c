"""What is told of a table that no longer is as its last profile found it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.parts import Destination
from orchestration.profiling.changes import Change, changes
from orchestration.profiling.reading import Column, Profile
from orchestration.relations import Relation

NUMBER = Column(
    *("prix", "numeric(9,2)", 1_000, 0, 0, 400, False, False, "10", "20"),
    mean=15.0,
    shortest=None,
    longest=None,
)
DAY = replace(NUMBER, name="jour", data_type="date", smallest="2025-01-01", greatest="2025-03-01")
CODE = replace(NUMBER, name="code", data_type="text", smallest="A", greatest="F", mean=None)


def profile(*columns: Column) -> Profile:
    relation = Relation("t", Destination("s", "t"), {}, None, frozenset())
    return Profile(relation, columns[0].rows, columns, datetime(2026, 1, 1, tzinfo=UTC), 0.1)


def told(old: Column, new: Column) -> list[str]:
    found = changes({old.name: old}, profile(new))
    assert {change.column for change in found} <= {new.name}
    return [change.what for change in found]


def test_a_first_profile_changes_nothing() -> None:
    assert changes({}, profile(NUMBER)) == []


def test_the_same_again_is_no_change() -> None:
    assert changes({"prix": NUMBER, "jour": DAY}, profile(NUMBER, DAY)) == []


def test_columns_that_came_and_went() -> None:
    assert changes({"prix": NUMBER, "vieux": CODE}, profile(NUMBER, DAY)) == [
        Change("vieux", "is gone"),
        Change("jour", "is new, 100.0% filled"),
    ]


def test_a_table_that_lost_half_of_its_rows() -> None:
    few = replace(NUMBER, rows=499)
    assert changes({"prix": NUMBER}, profile(few)) == [Change("", "499 rows, were 1,000")]
    assert changes({"prix": NUMBER}, profile(replace(NUMBER, rows=500))) == []


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (replace(NUMBER, nulls=50), ["filled 95.0%, was 100.0%"]),
        (replace(NUMBER, nulls=30, blanks=20), ["filled 95.0%, was 100.0%"]),
        (replace(NUMBER, nulls=49), []),
        (replace(NUMBER, data_type="text"), ["is text, was numeric(9,2)"]),
        (replace(NUMBER, distinct=1), ["became constant"]),
        (replace(NUMBER, nulls=1_000, distinct=0), ["became empty"]),
        (replace(NUMBER, greatest="30"), []),
        (replace(NUMBER, greatest="30.01"), ["greatest is 30.01, was 20"]),
        (replace(NUMBER, smallest="0"), []),
        (replace(NUMBER, smallest="-0.5"), ["smallest is -0.5, was 10"]),
        (replace(NUMBER, smallest=None, greatest=None), []),
        (replace(NUMBER, greatest="Infinity"), ["greatest is Infinity, was 20"]),
    ],
)
def test_a_column_of_numbers(new: Column, said: list[str]) -> None:
    assert told(NUMBER, new) == said


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("date", ("2025-01-01", "2025-03-01"), ("2025-01-01", "2205-03-01"), True),
        ("date", ("2025-01-01", "2025-03-01"), ("2025-01-01", "2025-04-20"), False),
        ("date", ("2025-01-01", "2025-03-01"), ("2025-01-01", "infinity"), False),
        (
            "timestamp with time zone",
            ("2025-01-01 00:00:00+00", "2025-01-02 00:00:00+00"),
            ("2025-01-01 00:00:00+00", "2025-01-04 00:00:00.5+00"),
            True,
        ),
        ("text", ("A", "F"), ("A", "ZZZ"), False),
    ],
)
def test_other_ranges(kind: str, old: tuple[str, str], new: tuple[str, str], said: bool) -> None:
    before = replace(DAY, data_type=kind, smallest=old[0], greatest=old[1])
    after = replace(before, smallest=new[0], greatest=new[1])
    assert bool(told(before, after)) is said


def test_a_range_of_one_value_has_no_width() -> None:
    one = replace(NUMBER, smallest="5", greatest="5", distinct=1, nulls=10)
    assert told(one, replace(one, greatest="500")) == []


def test_an_empty_column_that_fills_up() -> None:
    empty = replace(CODE, nulls=1_000, distinct=0)
    assert told(empty, replace(CODE, nulls=900)) == ["was empty, is 10.0% filled"]


def test_a_key_that_is_none_any_more() -> None:
    key = replace(CODE, distinct=1_000, is_unique=True)
    assert told(key, replace(key, is_unique=False, distinct=999)) == [
        "is no longer unique and filled"
    ]


@pytest.mark.parametrize(
    ("column", "state"),
    [
        (replace(CODE, rows=0, distinct=0), ""),
        (replace(CODE, nulls=600, blanks=400, distinct=1), "empty"),
        (replace(CODE, distinct=1), "constant"),
        (replace(CODE, distinct=1, nulls=100), "low variety"),
        (replace(CODE, distinct=9), "low variety"),
        (replace(CODE, distinct=10), ""),
        (replace(CODE, distinct=80, nulls=901), "sparse"),
        (replace(CODE, distinct=80, nulls=900), ""),
    ],
)
def test_what_a_column_is_called(column: Column, state: str) -> None:
    assert column.state == state
