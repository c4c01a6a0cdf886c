"""Which table a delivered file belongs to: by its own name; a table of lines, by its folder too."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Protocol, Self

from ingest.files.errors import NamingConflict

EXTENSIONS = (".csv", ".txt", ".xlsx")
GROWING = (".part", ".filepart", ".tmp")

# A table is taken by the names of its files; `{dossier}/` before them is the folder they lie in.
_PLACEHOLDERS = {
    "periode": r"(?P<periode>20[0-9]{2}B[1-6])",
    # Trailing digits are a suffix of the export, unless the zone is nothing but digits.
    "zone": r"(?P<zone>[^_]*[^_0-9]|[0-9]+)[0-9]*",
    "jour": r"(?P<jour>20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))",
    "suite": r".*",
    "dossier": r"(?P<dossier>[^/]+)",
}
_SAMPLES = {
    **{"periode": "2024B1", "zone": "CABA0"},
    **{"jour": "20250528", "suite": "_2", "dossier": "DEM12"},
}
_PERIOD = re.compile(r"(20[0-9]{2})B([1-6])")


@dataclass(frozen=True, slots=True)
class Named:
    """A file of a table. `zone` is normalised (no case, accents, trailing digits).

    `logical_name` is `<table>/<period>/<zone>`, or `<table>` for a pattern without period; with a
    day, it is `<table>/<folder>/<stem>`. `day` is `20250528`, `folder` as it is written.
    """

    table: str
    period: str | None
    zone: str | None
    logical_name: str
    day: str | None = None
    folder: str | None = None

    @property
    def year(self) -> int | None:
        """The year that the name tells."""
        told = self.period or self.day
        return int(told[:4]) if told else None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that no table takes: ledger status `ignored`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A name that says that its upload is not over: ledger status `pending`."""

    reason: str


class Declared(Protocol):
    """What a table declares of the names of its files."""

    @property
    def patterns(self) -> Sequence[str]: ...

    @property
    def extensions(self) -> Sequence[str]: ...


class Naming:
    """The `files:` patterns of a source's tables and the `ignore:` globs of the source."""

    def __init__(
        self,
        tables: Mapping[str, Sequence[str]],
        ignore: Mapping[str, str],
        extensions: Mapping[str, Sequence[str]] | None = None,
    ):
        """`tables`: table -> stem patterns with `{periode}`, `{zone}`, `{jour}`, `{suite}`, perhaps
        `{dossier}/` before. `ignore`: glob -> reason. `extensions`: table -> its own, lower case.

        Raises:
            NamingConflict: two tables have patterns that one name would match.
            ValueError: an unknown placeholder.
        """
        own = extensions or {}
        self._extensions = {table: tuple(own.get(table, EXTENSIONS)) for table in tables}
        self._readable = EXTENSIONS + tuple(e for found in own.values() for e in found)
        self._patterns = [
            (table, "/" in pattern, re.compile(_expression(pattern), re.IGNORECASE))
            for table, patterns in tables.items()
            for pattern in patterns
        ]
        self._ignore = [(_comparable(glob), reason) for glob, reason in ignore.items()]
        for table, patterns in tables.items():
            for pattern in patterns:
                for extension in self._extensions[table]:
                    folder, _, stem = _filled(pattern, _SAMPLES).rpartition("/")
                    self._match(folder, stem, extension)

    @classmethod
    def of(cls, tables: Mapping[str, Declared], ignore: Mapping[str, str]) -> Self:
        """The naming of some tables as they are declared; raises as above."""
        return cls(
            {name: declared.patterns for name, declared in tables.items()},
            ignore,
            {name: declared.extensions for name, declared in tables.items()},
        )

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
        if not lower.endswith(self._readable):
            return Ignored(f"not a table: .{extension.lower()}" if stem else "not a table")
        folder, extension = unicodedata.normalize("NFC", own_folder(path)), f".{extension.lower()}"
        if found := self._match(folder, stem, extension):
            return found
        if not folder and self._match(_SAMPLES["dossier"], stem, extension):
            return Ignored("it lies in no folder, and its table needs the name of one")
        return Ignored("no table has files of this name")

    def _match(self, folder: str, stem: str, extension: str) -> Named | None:
        found: dict[str, Named] = {}
        for table, has_folder, pattern in self._patterns:
            if extension not in self._extensions[table]:
                continue
            match = pattern.fullmatch(f"{folder}/{stem}" if has_folder else stem)
            if match:
                found.setdefault(table, _named(table, match.groupdict(), stem))
        if len(found) > 1:
            raise NamingConflict(f"tables {' and '.join(found)} both claim the file name {stem!r}")
        return next(iter(found.values()), None)


def own_name(path: str) -> str:
    """The last part of a path, whatever its separators: `a/b.zip!c\\d.csv` -> `d.csv`."""
    return re.split(r"[/\\!]", path)[-1]


def own_folder(path: str) -> str:
    """The folder that holds a file, archives around it left out; '' if there is none.

    `DEM12/logs.zip!20250528.LOG` and `logs.zip!DEM12/20250528.LOG` both lie in `DEM12`.
    """
    parts = re.split(r"[/\\!]", path)[:-1]
    folders = [part for part in parts if part and not is_archive(part)]
    return folders[-1] if folders else ""


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


def _named(table: str, tokens: Mapping[str, str | None], stem: str) -> Named:
    period = (tokens.get("periode") or "").upper() or None
    zone = normalised_zone(tokens.get("zone") or "") or None
    day, folder = tokens.get("jour"), tokens.get("dossier")
    held_in = normalised_zone(folder or "")
    own = stem.upper() if day else ""
    logical_name = "/".join(part for part in (table, period, zone, held_in, own) if part)
    return Named(table, period, zone, logical_name, day, folder)


def _expression(pattern: str) -> str:
    parts = re.split(r"\{(\w+)\}", unicodedata.normalize("NFC", pattern))
    for name in parts[1::2]:
        if name not in _PLACEHOLDERS:
            raise ValueError(f"unknown placeholder {{{name}}} in the file pattern {pattern!r}")
    if pattern.count("/") > 1:
        raise ValueError(f"{pattern!r}: a file is known by its name and one folder, no more")
    return "".join(
        _PLACEHOLDERS[part] if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )


def _filled(pattern: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], pattern)


def _comparable(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()
