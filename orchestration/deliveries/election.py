"""The files that claim a slice, which of them is read, and by which rule.

The order is that of docs/rules.md, rule 3, and of `rang_du_candidat` in macros: here it is taken
apart, to tell which of its steps decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

RULES = {
    "only candidate": "no other file that counts has this slice",
    "consolidated beats provisional": "a consolidated file beats a provisional one",
    "later delivery": "of files of one kind the one delivered later is read",
    "greater path": "delivered at one moment: the greater path is read",
    "later version": "delivered at one moment under one path: the version seen later is read",
    "greater hash": "alike in all else: the greater hash is read",
    "superseded": "another version of the same period and zone replaced it whole",
    "withdrawn": "a person took it out",
    "purged": "its rows went at the end of their retention",
}


@dataclass(slots=True)
class Candidate:
    """A file that has rows of the slice, as the ledger knows its last delivery.

    `status`: landed, superseded, withdrawn or purged. `wins`: the slice is read from it. `rule`: a
    key of RULES, what decided for or against it. `against`: the path of the file that it won
    against or lost to.
    """

    file_id: str
    table: str
    logical_name: str
    is_provisional: bool
    path: str
    delivered_at: datetime
    seen_at: datetime
    sha256: str
    status: str
    reason: str | None
    first_day: date | None
    last_day: date | None
    rows: int | None
    landed_at: datetime | None
    run_id: str | None
    wins: bool = False
    rule: str = ""
    against: str | None = None
    rejects: dict[str, int] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[Any, ...]:
        """What a later version of one logical name is greater by; texts byte by byte."""
        return (self.delivered_at, self.path.encode(), self.seen_at, self.sha256)


def judge(candidates: Sequence[Candidate], latest: dict[str, Candidate]) -> list[Candidate]:
    """Say of each candidate what decided, the one that is read first, then the next best.

    Args:
        candidates: all that have the slice, whatever their status.
        latest: by logical name the version that counts, for those that were replaced.
    """
    counting = [one for one in candidates if one.status == "landed"]
    counting.sort(key=lambda one: (not one.is_provisional, one.rank), reverse=True)
    for one in counting:
        one.rule = "only candidate"
    if counting:
        winner = counting[0]
        winner.wins = True
        for other in reversed(counting[1:]):
            other.rule, other.against = _decided(winner, other), winner.path
            winner.rule, winner.against = other.rule, other.path
    others = [one for one in candidates if one.status != "landed"]
    others.sort(key=lambda one: one.rank, reverse=True)
    for one in others:
        one.rule = one.status
        if one.status == "superseded" and one.logical_name in latest:
            one.against = latest[one.logical_name].path
    return [*counting, *others]


def _decided(winner: Candidate, other: Candidate) -> str:
    if winner.is_provisional != other.is_provisional:
        return "consolidated beats provisional"
    if winner.delivered_at != other.delivered_at:
        return "later delivery"
    if winner.path != other.path:
        return "greater path"
    return "later version" if winner.seen_at != other.seen_at else "greater hash"
