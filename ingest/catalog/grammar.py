"""How the scalar values of an `ingest:` entry are written. Each parser raises ValueError."""

from __future__ import annotations

import codecs
import re
from datetime import date, timedelta
from typing import Any, cast

from ingest.catalog.model import Column, Duration, Expected, Freshness, Priority, Subject

MAX_NAME = 45  # longer names collide on the backup names that dbt makes
MAX_EXTENT = 255  # of an array in Progress, as far as one line of text can carry it
_DURATION = re.compile(r"\s*(\d+)\s*([a-z]+)\s*")
_UNITS = {
    **dict.fromkeys(["min", "minute", "minutes"], timedelta(minutes=1)),
    **dict.fromkeys(["h", "hour", "hours"], timedelta(hours=1)),
    **dict.fromkeys(["d", "day", "days"], timedelta(days=1)),
    **dict.fromkeys(["w", "week", "weeks"], timedelta(weeks=1)),
}
_MONTHS = {"month": 1, "months": 1, "year": 12, "years": 12, "y": 12}
_PERIODS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_SQL_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_EXTENSION = re.compile(r"\.[a-z0-9]+")
_TAKEN = {
    **dict.fromkeys([".csv", ".txt", ".xlsx"], "tables with a header"),
    ".zip": "archives",
    **dict.fromkeys([".part", ".filepart", ".tmp"], "uploads that are not over"),
}
_CADENCES = ("two_months", "week", "working_day", "weekday")
_SEASON = re.compile(r"(\d\d-\d\d)\.\.(\d\d-\d\d)")
_VALUES = ("folder", "file", "line")
_SEPARATORS = {";", ",", "\t", "|"}


def duration(value: Any) -> Duration:
    """Read `1d`, `12h`, `90 min`, `2 weeks`, `24 months`, `1 year`."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match:
        count, unit = int(match[1]), match[2]
        if unit in _MONTHS:
            return Duration(months=count * _MONTHS[unit])
        if unit in _UNITS:
            return Duration(exact=count * _UNITS[unit])
    raise ValueError(f"{value!r} is not a duration (write 1d, 12h, 90 min, 2 weeks, 24 months)")


def tolerance(value: Any) -> float:
    """Read a share of rows, `0.1%` or `0.001`, as a number from 0 to 1."""
    try:
        if isinstance(value, str) and value.strip().endswith("%"):
            share = float(value.strip()[:-1]) / 100
        elif isinstance(value, bool):
            raise ValueError
        else:
            share = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a share of rows (write 0.1% or 0.001)") from None
    if not 0 <= share <= 1:
        raise ValueError(f"{value!r} is not between 0% and 100%")
    return share


def priority(value: Any) -> Priority:
    """Read `critical`, `high` or `normal`."""
    if value not in Priority.__members__:
        raise ValueError(f"{value!r} is none of {', '.join(Priority.__members__)}")
    return Priority[value]


def one_of(value: Any, *choices: str) -> str:
    """Read one word out of `choices`."""
    if value not in choices:
        raise ValueError(f"{value!r} is none of {', '.join(choices)}")
    return str(value)


def after_landing(value: Any) -> str:
    """Read what becomes of a file that has landed: `keep`, `move` or `delete`."""
    return one_of(value, "keep", "move", "delete")


def yes(value: Any) -> bool:
    """Read `true`, for a key that can only be there or not."""
    if value is not True:
        raise ValueError(f"{value!r}: write true, or leave the key out")
    return True


def text(value: Any) -> str:
    """Read a non-empty text."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a text")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Read a non-empty list of texts without repeats."""
    if not isinstance(value, list) or not value:
        raise ValueError(f"{value!r} is not a list of texts")
    read = tuple(text(item) for item in value)
    if len(set(read)) < len(read):
        raise ValueError(f"{value!r} names something twice")
    return read


def reasons(value: Any) -> dict[str, str]:
    """Read a mapping from a thing to the reason for what is done with it."""
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not a mapping from a name to a reason")
    return {text(name): text(reason) for name, reason in value.items()}


def extents(value: Any) -> dict[str, int]:
    """Read a mapping from a column to how many elements its array has, as `{adresse: 3}`."""
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{value!r} is not a mapping from a column to its number of elements")
    for column, count in value.items():
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_EXTENT:
            raise ValueError(f"{column}: {count!r} is not a number of elements (1 to {MAX_EXTENT})")
    return {text(column): count for column, count in value.items()}


def pii(value: Any) -> dict[str, str]:
    """Read a mapping from a column to `drop` or `pseudonymise`."""
    read = reasons(value)
    for column, treatment in read.items():
        if treatment not in ("drop", "pseudonymise"):
            raise ValueError(f"{column}: {treatment!r} is none of drop, pseudonymise")
    return read


def subject(value: Any) -> tuple[Subject, ...]:
    """Read whose rows these are, by kind of person: a column, a list of columns, or a mapping with
    `columns`, `personal` and `erase`.
    """
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{value!r} is not a mapping from a kind of person to its columns")
    read = []
    for kind, given in value.items():
        own = given if isinstance(given, dict) else {"columns": given}
        if unknown := set(own) - {"columns", "personal", "erase"}:
            raise ValueError(f"{kind}: unknown key {sorted(unknown)[0]!r}")
        columns = own.get("columns")
        read.append(
            Subject(
                kind=name(kind),
                columns=texts([columns] if isinstance(columns, str) else columns),
                personal=texts(own["personal"]) if "personal" in own else (),
                deletes=one_of(own.get("erase", "anonymise"), "delete", "anonymise") == "delete",
            )
        )
    return tuple(read)


def variable(value: Any) -> str:
    """Read the name of a variable of `.env`, as `FLUXVISION_URL`."""
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise ValueError(f"{value!r} is not the name of a variable (write FLUXVISION_URL)")
    return value


def name(value: Any) -> str:
    """Read the name of a schema or table: lower case, at most 45 characters."""
    if not isinstance(value, str) or not _SQL_NAME.fullmatch(value):
        raise ValueError(f"{value!r} is not a name in lower-case snake_case")
    if len(value) > MAX_NAME:
        raise ValueError(f"{value!r} has {len(value)} characters, more than {MAX_NAME}")
    return value


def header(value: Any) -> tuple[tuple[str, ...], ...]:
    """Read required columns, `|` standing between the accepted spellings of one."""
    columns = tuple(tuple(part.strip() for part in item.split("|")) for item in texts(value))
    spellings = [spelling for column in columns for spelling in column]
    if not all(spellings):
        raise ValueError(f"{value!r} has an empty column name")
    if len(set(spellings)) < len(spellings):
        raise ValueError(f"{value!r} names a column twice")
    return columns


def globs(value: Any) -> dict[str, str]:
    """Read a mapping from a file name pattern (`*`, `?`, `[..]`) to a reason."""
    read = reasons(value)
    for glob in read:
        bracket = re.sub(r"\[!?\]?[^\]]*\]", "", glob)
        if "[" in bracket:
            raise ValueError(f"{glob!r} is not a file name pattern: its '[' is never closed")
        if "/" in glob or "\\" in glob:
            raise ValueError(f"{glob!r}: files are known by their own name, without folders")
    return read


def encodings(value: Any) -> tuple[str, ...]:
    """Read names of text encodings that Python knows."""
    read = texts(value)
    for encoding in read:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError(f"{encoding!r} is not an encoding") from None
    return read


def separators(value: Any) -> tuple[str, ...]:
    """Read field separators; `tab` may be written as a word."""
    read = tuple("\t" if item == "tab" else item for item in texts(value))
    if unknown := [item for item in read if item not in _SEPARATORS]:
        raise ValueError(f"{unknown[0]!r} is none of ; , | tab")
    return read


def extensions(value: Any) -> tuple[str, ...]:
    """Read the endings of the names of files of lines, as `[.log]`; case does not count."""
    read = tuple(item.lower() for item in texts(value))
    for item in read:
        if not _EXTENSION.fullmatch(item):
            raise ValueError(f"{item!r} is not an extension (write .log)")
        if item in _TAKEN:
            raise ValueError(f"{item!r} is the ending of other files: {_TAKEN[item]}")
    return read


def values(value: Any) -> dict[str, str]:
    """Read which column takes what of a file of lines: `{texte: line, machine: folder}`."""
    read = {name(column): one_of(what, *_VALUES) for column, what in reasons(value).items()}
    taken = list(read.values())
    if twice := {what for what in taken if taken.count(what) > 1}:
        raise ValueError(f"{sorted(twice)[0]!r} goes to two columns")
    if "line" not in taken:
        raise ValueError("no column takes the `line`")
    return read


def freshness(value: Any) -> Freshness | None:
    """Read dbt's freshness: `{warn_after: {count: 24, period: hour}, error_after: ...}`."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not a mapping")
    if unknown := set(value) - {"warn_after", "error_after", "filter"}:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    return Freshness(_age(value.get("warn_after")), _age(value.get("error_after")))


def _age(value: Any) -> timedelta | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"count", "period"}:
        raise ValueError(f"{value!r} is not {{count: ..., period: ...}}")
    count, period = value["count"], value["period"]
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ValueError(f"{count!r} is not a positive number")
    if period not in _PERIODS:
        raise ValueError(f"{period!r} is none of {', '.join(_PERIODS)}")
    return count * _PERIODS[period]


def expected(value: Any) -> Expected:
    """Read when files are due: `{every: week, grace_days: 10, season: [07-01..08-31]}`.

    A season may run over the end of the year, as `12-15..03-15`.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not {{every: ..., grace_days: ...}}")
    if unknown := set(value) - {"every", "grace_days", "season"}:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    grace = value.get("grace_days", 0)
    if not isinstance(grace, int) or isinstance(grace, bool) or grace < 0:
        raise ValueError(f"grace_days: {grace!r} is not a number of days")
    every = one_of(value.get("every"), *_CADENCES)
    spans = texts(value["season"]) if "season" in value else ()
    return Expected(cast(Any, every), grace, tuple(_span(span) for span in spans))


def _span(value: str) -> tuple[str, str]:
    match = _SEASON.fullmatch(value)
    try:
        if match is None:
            raise ValueError
        for day in match.groups():
            date.fromisoformat(f"2024-{day}")  # a leap year: 02-29 is a day
    except ValueError:
        raise ValueError(f"{value!r} is not a season (write 07-01..08-31)") from None
    return match[1], match[2]


def columns(value: Any) -> tuple[Column, ...]:
    """Read dbt's `columns:` of a source table."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError("it is not a list")
    read = []
    for item in value:
        if not isinstance(item, dict) or "name" not in item:
            raise ValueError(f"{item!r} has no name")
        if not isinstance(item["name"], str) or not _SQL_NAME.fullmatch(item["name"]):
            raise ValueError(f"{item['name']!r} is not a name in lower-case snake_case")
        read.append(Column(item["name"], item.get("data_type")))
    names = [column.name for column in read]
    if twice := {column for column in names if names.count(column) > 1}:
        raise ValueError(f"{sorted(twice)[0]!r} is declared twice")
    return tuple(read)
