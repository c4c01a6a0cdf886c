"""Which file a slice is read from, and by which rule: the order of rule 3, step by step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestration.deliveries.election import RULES, Candidate, judge
from tests.support import oracle

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def candidate(**told: Any) -> Candidate:
    """A consolidated file delivered at noon, unless told otherwise."""
    values: dict[str, Any] = {
        "file_id": "f",
        "table": "nuitee",
        "logical_name": "nuitee/2024B1/CABA",
        "is_provisional": False,
        "path": "a",
        "delivered_at": NOON,
        "seen_at": NOON,
        "sha256": "0",
        "status": "landed",
        "reason": None,
        "first_day": None,
        "last_day": None,
        "rows": 1,
        "landed_at": NOON,
        "run_id": "r",
    }
    return Candidate(**{**values, **told})


@pytest.mark.parametrize(
    ("best", "other", "rule"),
    [
        (
            {"path": "a"},
            {"is_provisional": True, "path": "b", "delivered_at": NOON + HOUR},
            "consolidated beats provisional",
        ),
        ({"path": "a", "delivered_at": NOON + HOUR}, {"path": "b"}, "later delivery"),
        ({"path": "b"}, {"path": "a", "seen_at": NOON + HOUR}, "greater path"),
        # Byte by byte: Z comes before a, and é after z.
        ({"path": "a"}, {"path": "Z"}, "greater path"),
        ({"path": "é"}, {"path": "z"}, "greater path"),
        ({"seen_at": NOON + HOUR, "sha256": "0"}, {"sha256": "1"}, "later version"),
        ({"sha256": "b"}, {"sha256": "a"}, "greater hash"),
    ],
)
def test_each_rule_decides_in_its_turn(
    best: dict[str, Any], other: dict[str, Any], rule: str
) -> None:
    for order in (1, -1):
        pair = [candidate(file_id="best", **best), candidate(file_id="other", **other)][::order]
        first, second = judge(pair, {})
        assert (first.file_id, first.wins, first.rule) == ("best", True, rule)
        assert (second.wins, second.rule) == (False, rule)
        assert (first.against, second.against) == (second.path, first.path)


def test_a_file_alone_is_the_only_candidate() -> None:
    [only] = judge([candidate()], {})
    assert (only.wins, only.rule, only.against) == (True, "only candidate", None)


def test_the_rule_of_the_winner_is_that_against_the_next_best() -> None:
    weekly = candidate(is_provisional=True, path="z")
    late, early = candidate(path="b", delivered_at=NOON + HOUR), candidate(path="c")
    assert [one.path for one in judge([weekly, early, late], {})] == ["b", "c", "z"]
    assert (late.rule, late.against) == ("later delivery", "c")
    assert weekly.rule == "consolidated beats provisional"


def test_what_does_not_count_is_told_last_and_wins_nothing() -> None:
    late = NOON + HOUR
    old = candidate(status="superseded", path="old")
    out = candidate(status="withdrawn", path="out", delivered_at=late)
    gone = candidate(status="purged", path="gone", logical_name="other")
    holding = candidate(path="new", delivered_at=late)
    told = judge([old, out, gone], {holding.logical_name: holding})
    assert [(one.path, one.rule, one.wins, one.against) for one in told] == [
        ("out", "withdrawn", False, None),
        ("old", "superseded", False, "new"),
        ("gone", "purged", False, None),
    ]


def test_the_rules_are_those_of_the_calculation_in_plain_python() -> None:
    assert {*oracle.RULES, "only candidate"} == {*RULES} - {"superseded", "withdrawn", "purged"}
