"""What is no longer as the last profile of a table found it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from orchestration.profiling.reading import NUMBERS, Column, Profile

# A share of filled rows that fell by so much is told, and a table that lost half of its rows.
FELL, LOST = 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed; `column` is empty for the table as a whole."""

    column: str
    what: str


def changes(before: Mapping[str, Column], now: Profile) -> list[Change]:
    """Compare a profile with the columns of the one before; none of a first profile."""
    if not before:
        return []
    found: list[Change] = []
    rows = next(iter(before.values())).rows
    if now.rows < rows * LOST:
        found.append(Change("", f"{now.rows:,} rows, were {rows:,}"))
    present = {column.name for column in now.columns}
    found += [Change(name, "is gone") for name in before if name not in present]
    for column in now.columns:
        if column.name not in before:
            found.append(Change(column.name, f"is new, {column.filled:.1%} filled"))
        else:
            found += [Change(column.name, what) for what in _of_column(before[column.name], column)]
    return found


def _of_column(old: Column, new: Column) -> list[str]:
    said = []
    if old.data_type != new.data_type:
        said.append(f"is {new.data_type}, was {old.data_type}")
    if new.state != old.state and new.state in ("empty", "constant"):
        said.append(f"became {new.state}")
    elif old.state == "empty" and old.filled < new.filled:
        said.append(f"was empty, is {new.filled:.1%} filled")
    elif old.filled - new.filled >= FELL:
        said.append(f"filled {new.filled:.1%}, was {old.filled:.1%}")
    if old.is_unique and not new.is_unique:
        said.append("is no longer unique and filled")
    said += _ranges(old, new)
    return said


def _ranges(old: Column, new: Column) -> list[str]:
    """Ends that went further out than the whole old range was wide: a unit or a sign that changed,
    a day that was mistyped. A range of one value has no width to compare with.
    """
    ends = [_place(end, old.data_type) for end in (old.smallest, old.greatest)]
    moved = [_place(end, old.data_type) for end in (new.smallest, new.greatest)]
    if old.data_type != new.data_type or None in ends or None in moved:
        return []
    low, high, new_low, new_high = (float(end or 0) for end in (*ends, *moved))
    width = high - low
    said = []
    if width > 0 and new_low < low - width:
        said.append(f"smallest is {new.smallest}, was {old.smallest}")
    if width > 0 and new_high > high + width:
        said.append(f"greatest is {new.greatest}, was {old.greatest}")
    return said


def _place(value: str | None, data_type: str) -> float | None:
    """Where a number, a day or a moment lies on a line; None of anything else."""
    if value is None:
        return None
    try:
        if data_type == "date":
            return float(date.fromisoformat(value).toordinal())
        if data_type.startswith("timestamp"):
            return datetime.fromisoformat(value).replace(tzinfo=None).timestamp()
        return float(value) if _is_number(data_type) else None
    except ValueError:
        return None  # infinity, or a year that no calendar of Python has


def _is_number(data_type: str) -> bool:
    return data_type.partition("(")[0] in NUMBERS
