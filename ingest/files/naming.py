"""Which table a delivered file belongs to, by its own name alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

EXTENSIONS = (".csv", ".txt", ".xlsx")
GROWING = (".part", ".filepart", ".tmp")


@dataclass(frozen=True, slots=True)
class Named:
    """A file of a table. `zone` is normalised (no case, accents, trailing digits).

    `logical_name` is `<table>/<period>/<zone>`, or `<table>` for a pattern without period.
    """

    table: str
    period: str | None
    zone: str | None
    logical_name: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that no table takes: ledger status `ignored`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A name that says that its upload is not over: ledger status `pending`."""

    reason: str


class Naming:
    """The `files:` patterns of a source's tables and the `ignore:` globs of the source."""

    def __init__(self, tables: Mapping[str, Sequence[str]], ignore: Mapping[str, str]):
        """`tables`: table -> stem patterns with `{periode}`, `{zone}`. `ignore`: glob -> reason.

        Raises:
            NamingConflict: two tables have patterns that one name would match.
            ValueError: an unknown placeholder.
        """

    def judge(self, path: str) -> Named | Ignored | Pending:
        """Judge a path (a member after its '!') by the file's own name, case-insensitively."""
        raise NotImplementedError


def period_days(period: str) -> tuple[date, date]:
    """First and last day of `2024B1` (B1 = January and February ... B6)."""
    raise NotImplementedError
