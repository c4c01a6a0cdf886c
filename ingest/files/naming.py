"""Which table a delivered file belongs to, by its own name alone."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from ingest.files.errors import NamingConflict

EXTENSIONS = (".csv", ".txt", ".xlsx")
GROWING = (".part", ".filepart", ".tmp")

_PLACEHOLDERS = {
    "periode": r"(?P<periode>20[0-9]{2}B[1-6])",
    # Trailing digits are a suffix of the export, unless the zone is nothing but digits.
    "zone": r"(?P<zone>[^_]*[^_0-9]|[0-9]+)[0-9]*",
}
_SAMPLES = {"periode": "2024B1", "zone": "CABA0"}
_PERIOD = re.compile(r"(20[0-9]{2})B([1-6])")


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
        self._patterns = [
            (table, re.compile(_expression(pattern), re.IGNORECASE))
            for table, patterns in tables.items()
            for pattern in patterns
        ]
        self._ignore = [(_comparable(glob), reason) for glob, reason in ignore.items()]
        for patterns in tables.values():
            for pattern in patterns:
                self._match(_filled(pattern, _SAMPLES))

    def judge(self, path: str) -> Named | Ignored | Pending:
        """Judge a path (a member after its '!') by the file's own name, case-insensitively.

        `ignore` beats the tables. A member of an archive is never pending: an archive that can
        be read has been uploaded whole.

        Raises:
            NamingConflict: two tables claim the name.
        """
        name = unicodedata.normalize("NFC", own_name(path))
        lower = name.lower()
        if lower.endswith(GROWING) and "!" not in path:
            return Pending(f"the name ends in {lower[lower.rindex('.') :]}: still being uploaded")
        stem, _, extension = name.rpartition(".")
        for glob, reason in self._ignore:
            if fnmatchcase(_comparable(name), glob) or fnmatchcase(_comparable(stem), glob):
                return Ignored(reason)
        if not lower.endswith(EXTENSIONS):
            return Ignored(f"not a table: .{extension.lower()}" if stem else "not a table")
        return self._match(stem) or Ignored("no table has files of this name")

    def _match(self, stem: str) -> Named | None:
        found: dict[str, Named] = {}
        for table, pattern in self._patterns:
            match = pattern.fullmatch(stem)
            if match:
                found.setdefault(table, _named(table, match.groupdict()))
        if len(found) > 1:
            raise NamingConflict(f"tables {' and '.join(found)} both claim the file name {stem!r}")
        return next(iter(found.values()), None)


def own_name(path: str) -> str:
    """The last part of a path, whatever its separators: `a/b.zip!c\\d.csv` -> `d.csv`."""
    return re.split(r"[/\\!]", path)[-1]


def is_archive(path: str) -> bool:
    """Whether the name says that it is an archive to be walked."""
    return path.lower().endswith(".zip")


def period_days(period: str) -> tuple[date, date]:
    """First and last day of `2024B1` (B1 = January and February ... B6).

    Raises:
        ValueError: not such a period.
    """
    match = _PERIOD.fullmatch(period)
    if not match:
        raise ValueError(f"{period!r} is not a period such as 2024B1")
    year, last_month = int(match[1]), 2 * int(match[2])
    last_day = calendar.monthrange(year, last_month)[1]
    return date(year, last_month - 1, 1), date(year, last_month, last_day)


def normalised_zone(zone: str) -> str:
    """Upper case, no accents, apostrophes or hyphens, single spaces."""
    plain = unicodedata.normalize("NFKD", zone)
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"['\u2019\u2018`\u00b4-]", " ", letters).split()).upper()


def _named(table: str, tokens: Mapping[str, str | None]) -> Named:
    period = (tokens.get("periode") or "").upper() or None
    zone = normalised_zone(tokens.get("zone") or "") or None
    logical_name = "/".join(part for part in (table, period, zone) if part)
    return Named(table, period, zone, logical_name)


def _expression(pattern: str) -> str:
    parts = re.split(r"\{(\w+)\}", unicodedata.normalize("NFC", pattern))
    for name in parts[1::2]:
        if name not in _PLACEHOLDERS:
            raise ValueError(f"unknown placeholder {{{name}}} in the file pattern {pattern!r}")
    return "".join(
        _PLACEHOLDERS[part] if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )


def _filled(pattern: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], pattern)


def _comparable(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()
