"""The first line of a file, judged against what its table declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.files import csv_grammar
from ingest.files.errors import FileRefused
from ingest.files.model import Layout
from ingest.names import NoName, folded, snake_case


@dataclass(frozen=True, slots=True)
class Header:
    """`names`: source name and SQL name of each column, None for one without a name.

    `end`: characters up to the end of the header; `lines`: physical lines up to there.
    """

    separator: str
    names: tuple[tuple[str, str] | None, ...]
    end: int
    lines: int


def read_header(text: str, layout: Layout, separators: Sequence[str]) -> Header:
    """Find the header in the first lines of a file, and the separator that makes most sense.

    Raises:
        FileRefused: no header, a required column is missing, or two names meet in one.
    """
    found = [_first_record(text, separator) for separator in separators]
    scored = [
        (len(layout.header) - len(_missing(record.fields or [], layout)), len(record.fields or []))
        for record in found
    ]
    best = max(range(len(found)), key=lambda index: scored[index])
    record = found[best]
    fields = [field.strip().strip("\ufeff").strip() for field in record.fields or []]
    missing = _missing(fields, layout)
    if missing and len(missing) == len(layout.header):
        # Not the names that were found: a file without a header has values there.
        raise FileRefused(f"header missing: none of the columns {', '.join(missing)}")
    if missing:
        raise FileRefused(f"header changed: missing {', '.join(missing)}")
    if "\0" in text[record.start : record.end]:
        raise FileRefused("header changed: it holds a NUL byte")
    lines = record.line + record.lines - 1
    return Header(separators[best], _sql_names(fields, layout), record.end, lines)


def has_header(text: str, layout: Layout, separator: str) -> bool:
    """Whether the text begins with the required columns."""
    try:
        return not _missing(_first_record(text, separator).fields or [], layout)
    except FileRefused:
        return False


def _first_record(text: str, separator: str) -> csv_grammar.Record:
    for record in csv_grammar.records(text, separator, None, final=True):
        if record.fields:
            return record
    raise FileRefused("empty file")


def _missing(fields: Sequence[str], layout: Layout) -> list[str]:
    present = {_fold(field) for field in fields}
    return [
        " or ".join(group)
        for group in layout.header
        if not present.intersection(_fold(name) for name in group)
    ]


def _fold(name: str) -> str:
    try:
        return folded(name)
    except NoName:
        return ""


def _sql_names(fields: Sequence[str], layout: Layout) -> tuple[tuple[str, str] | None, ...]:
    """Name each column; a declared name wins over a spelling of it in other case or hyphens.

    Raises:
        FileRefused: two names meet, or a name has no letter nor digit.
    """
    declared = {_fold(name): snake_case(name) for group in layout.header for name in group}
    declared |= {_fold(name): name for name in layout.columns}
    names: list[tuple[str, str] | None] = []
    owner: dict[str, str] = {}
    for field in fields:
        if not field:
            names.append(None)
            continue
        sql_name = declared.get(_fold(field)) or _snake_case(field)
        if sql_name in owner:
            raise FileRefused(
                f"header changed: columns {owner[sql_name]!r} and {field!r} would both be named "
                f"{sql_name}"
            )
        owner[sql_name] = field
        names.append((field, sql_name))
    return tuple(names)


def _snake_case(field: str) -> str:
    try:
        return snake_case(field)
    except NoName as error:
        raise FileRefused(f"header changed: {error}") from error
