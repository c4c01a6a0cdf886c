"""A failed test of dbt, as its artifacts tell it, and what is known of the rows behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# How dbt says that a test found something, or could not be asked.
FAILED = ("warn", "fail", "error")


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed test of one build.

    test: dbt's name. node: its entry in the manifest, empty if the project no longer has it. sql:
    what dbt asked, whose rows are the failures; empty if it did not come to that. rows: how many
    dbt counted.
    """

    test: str
    status: str
    sql: str
    rows: int | None
    failed_at: datetime
    node: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of the rows behind a failure, and why there are none or not all of them."""

    model: str | None
    keys: list[dict[str, Any]] = field(default_factory=list)
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A failed test as `etl.test_failures` has it."""

    test: str
    model: str | None
    status: str
    rows: int | None
    failed_at: datetime
    run_id: str
    note: str | None
    keys: Sequence[Mapping[str, Any]] = ()
