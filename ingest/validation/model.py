"""What a comparison comes to: no behaviour but counting."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

# Headings of what differs. Those of a fault count in the exit code, the others do not: the source
# was written to after the last load, or no load could have seen it yet.
LOST = "lost"
ADDED = "not at the source"
DOUBLED = "doubled in the warehouse"
CHANGED = "changed in the warehouse"
REKEYED = "key changed in the warehouse"
UNNOTED = "reject not noted"
STALE = "another delivery should hold"
UNREADABLE = "cannot be read any more"
NOT_YET = "not landed yet"
FULL_LOAD = "for the next full load"
GONE = "deleted at the source since the last full load"
LATER = (NOT_YET, FULL_LOAD, GONE)
# Named differences that are kept of one table and heading; beyond, they are counted.
KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. `key` names it, as `uniq_id=4711` or `file 3f…, row 17`.

    columns: names of those that differ, none for a row that is there or not. detail: a few words
    more, without a value of a row.
    """

    heading: str
    key: str
    columns: tuple[str, ...] = ()
    period: str | None = None
    detail: str = ""

    @property
    def is_fault(self) -> bool:
        return self.heading not in LATER


@dataclass(frozen=True, slots=True)
class Period:
    """What both sides have of one period of a table that differs; `columns` are those that do."""

    name: str
    expected: int
    found: int
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class Checked:
    """One check of one table (or model) and what came of it.

    expected, found: in rows; rejected: how many of those expected were rejected. counts: how many
    differences there are under each heading, `differences` names the first `KEPT` of each.
    failure: why it could not be compared, one line. strict: whatever differs is a fault.
    """

    source: str
    table: str
    check: str
    expected: int | None = None
    found: int | None = None
    rejected: int = 0
    periods: list[Period] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    failure: str | None = None
    seconds: float = 0.0
    strict: bool = False
    # How many differences of each heading are kept; one of them may stand for many rows.
    _named: Counter[str] = field(default_factory=Counter, init=False, repr=False)

    @property
    def key(self) -> str:
        return f"{self.source}.{self.table}"

    def note(self, difference: Difference, times: int = 1) -> None:
        """Count a difference, and keep it while not too many of its heading are named."""
        if self._named[difference.heading] < KEPT:
            self._named[difference.heading] += 1
            self.differences.append(difference)
        self.counts[difference.heading] += times

    def is_fault(self, heading: str) -> bool:
        return self.strict or heading not in LATER

    @property
    def faults(self) -> int:
        """How many differences are faults."""
        return sum(count for heading, count in self.counts.items() if self.is_fault(heading))

    @property
    def is_equal(self) -> bool:
        """Whether it could be compared and nothing but what lands later differs."""
        return self.failure is None and not self.faults
