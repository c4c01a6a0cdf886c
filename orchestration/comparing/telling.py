"""What a comparison found, in words: for a terminal of 80 columns, for a program, as a page."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tabulate import tabulate

from ingest.console import printable
from orchestration.comparing.columns import Columns
from orchestration.comparing.counting import Changed, Doubled, Example, Found
from orchestration.report_page import Section, write_report

WIDTH = 80
_NAME, _VALUE, _SUM, _LONGEST = 30, 24, 16, 120
# What a terminal shows of columns and of examples; the page has all of them.
SHOWN = 15


@dataclass(frozen=True, slots=True)
class Told:
    """A comparison of `model`: what the sides are called, by which key, of which columns."""

    model: str
    name_a: str
    name_b: str
    key: tuple[str, ...]
    columns: Columns
    found: Found

    @property
    def differs(self) -> bool:
        return self.columns.differ or self.found.differs


def as_text(told: Told) -> str:
    """Everything that differs, in lines of at most 80 columns."""
    found = told.found
    parts = [
        cut(f"A: {told.name_a} ({found.rows_a:,} rows)"),
        cut(f"B: {told.name_b} ({found.rows_b:,} rows)"),
        cut(f"compared by {', '.join(told.key)}"),
    ]
    if told.columns.left_out:
        parts.append(cut(f"left out: {', '.join(told.columns.left_out)}"))
    parts += [cut(line) for line in _schema(told.columns)]
    parts += ["", _table(("rows", "count"), _counts(found), right=(1,))]
    if found.columns:
        rows = [
            (
                cut(one.column.name, _NAME),
                f"{one.rows:,}",
                plain(one.difference, _SUM),
                plain(one.overall, _SUM),
            )
            for one in found.columns[:SHOWN]
        ]
        headers = ("column", "rows changed", "sum of B - A", "over all rows")
        parts += ["", _table(headers, rows, right=(1, 2, 3))]
        parts += _more(len(found.columns), "columns")
    parts += _examples(told)
    if not told.differs:
        parts += ["", "No difference."]
    return "\n".join(parts)


def as_data(told: Told) -> dict[str, Any]:
    """A comparison for a program; values of rows are texts."""
    columns, found = told.columns, told.found
    return {
        "model": told.model,
        "a": told.name_a,
        "b": told.name_b,
        "key": list(told.key),
        "differs": told.differs,
        "left_out": list(columns.left_out),
        "columns_only_a": dict(columns.only_a),
        "columns_only_b": dict(columns.only_b),
        "columns_retyped": {one.name: [one.type_a, one.type_b] for one in columns.retyped},
        "rows_a": found.rows_a,
        "rows_b": found.rows_b,
        "equal": found.equal,
        "only_a": found.only_a,
        "only_b": found.only_b,
        "changed": found.changed,
        "duplicated": {
            "keys_a": found.doubled.keys_a,
            "keys_b": found.doubled.keys_b,
            "rows_a": found.doubled.rows_a,
            "rows_b": found.doubled.rows_b,
            "only_a": found.doubled.only_a,
            "only_b": found.doubled.only_b,
            "examples": [_key(one) for one in found.doubled.examples],
        },
        "columns": [
            {
                "column": one.column.name,
                "rows": one.rows,
                "difference": _text(one.difference),
                "difference_over_all_rows": _text(one.overall),
            }
            for one in found.columns
        ],
        "examples": {
            "only_a": [_key(one) for one in found.examples_a],
            "only_b": [_key(one) for one in found.examples_b],
            "changed": [
                {"key": _key(one), "column": one.column, **dict(zip("ab", _both(one), strict=True))}
                for one in found.examples
            ],
        },
    }


def write_page(told: Told) -> Path:
    """Write the report of a comparison; returns where."""
    columns, found = told.columns, told.found
    sections = [
        Section(
            "Overview",
            f"A is {told.name_a}, B is {told.name_b}. Rows are compared by {', '.join(told.key)}."
            + (f" Left out: {', '.join(columns.left_out)}." if columns.left_out else ""),
            ("rows", "count"),
            _counts(found),
            numeric=frozenset({1}),
        )
    ]
    if columns.differ:
        rows = [
            *((name, kind, "") for name, kind in columns.only_a.items()),
            *((name, "", kind) for name, kind in columns.only_b.items()),
            *((one.name, one.type_a, one.type_b) for one in columns.retyped),
        ]
        sections.append(
            Section("Columns that the sides do not share", "", ("column", "A", "B"), rows)
        )
    if found.columns:
        sections.append(_changed(found.columns))
    for title, examples in (
        ("Rows only in A, examples", found.examples_a),
        ("Rows only in B, examples", found.examples_b),
        ("Keys that stand more than once, examples", found.doubled.examples),
    ):
        if examples:
            sections.append(Section(title, "", told.key, [_key(one) for one in examples]))
    if found.examples:
        sections.append(
            Section(
                "Changed values, examples",
                "",
                (*told.key, "column", "A", "B"),
                [(*_key(one), one.column, *map(_worded, _both(one))) for one in found.examples],
            )
        )
    return write_report(f"diff_{told.model}", f"Differences of {told.model}", sections)


def _changed(columns: Sequence[Changed]) -> Section:
    return Section(
        "Changed columns",
        "Sums are of B - A, null counting as 0: over the rows that changed in this column, and over"
        " all rows, those of one side alone included.",
        ("column", "rows changed", "sum of B - A", "over all rows"),
        [
            (one.column.name, f"{one.rows:,}", plain(one.difference), plain(one.overall))
            for one in columns
        ],
        numeric=frozenset({1, 2, 3}),
    )


def _schema(columns: Columns) -> list[str]:
    said = [f"column only in A: {name} ({kind})" for name, kind in columns.only_a.items()]
    said += [f"column only in B: {name} ({kind})" for name, kind in columns.only_b.items()]
    return said + [
        f"column retyped: {one.name} ({one.type_a} in A, {one.type_b} in B)"
        for one in columns.retyped
    ]


def _counts(found: Found) -> list[tuple[str, str]]:
    doubled: Doubled = found.doubled
    counts = [
        ("equal", found.equal),
        ("only in A", found.only_a),
        ("only in B", found.only_b),
        ("changed", found.changed),
    ]
    if doubled.keys_a or doubled.keys_b:
        counts += [
            ("keys that stand more than once in A", doubled.keys_a),
            ("keys that stand more than once in B", doubled.keys_b),
            ("rows of these keys in A, set aside", doubled.rows_a),
            ("rows of these keys in B, set aside", doubled.rows_b),
            ("of them only in A, as wholes", doubled.only_a),
            ("of them only in B, as wholes", doubled.only_b),
        ]
    return [(what, f"{count:,}") for what, count in counts]


def _examples(told: Told) -> list[str]:
    found, parts = told.found, []
    for title, examples in (
        ("only in A", found.examples_a),
        ("only in B", found.examples_b),
        ("more than once", found.doubled.examples),
    ):
        if examples:
            parts += ["", f"{title}, for example:"]
            parts += [cut(f"  {_words(one)}") for one in examples]
    if found.examples:
        parts += ["", "changed, for example (A -> B):"]
        for one in found.examples[:SHOWN]:
            values = " -> ".join(printable(_worded(value)) for value in _both(one, _VALUE))
            parts += [cut(f"  {_words(one)}"), cut(f"    {one.column}: {values}")]
        parts += _more(len(found.examples), "examples")
    return parts


def _more(count: int, what: str) -> list[str]:
    return [f"and {count - SHOWN} more {what} in the report"] if count > SHOWN else []


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    aligned = ["right" if at in right else "left" for at in range(len(headers))]
    return tabulate(rows, headers=headers, colalign=aligned, disable_numparse=True)


def _key(one: Example) -> list[str]:
    return [cut(_worded(_text(value)), _LONGEST) for value in one.key]


def _words(one: Example) -> str:
    return printable(", ".join(_key(one)))


def _worded(text: str | None) -> str:
    return "(null)" if text is None else text or "(blank)"


def _both(one: Example, width: int = _LONGEST) -> list[str | None]:
    """Both values of a changed column, of at most so many characters each: of long texts that begin
    alike, from shortly before they differ.
    """
    texts = [_text(value) for value in (one.value_a, one.value_b)]
    known = [text for text in texts if text is not None]
    start = 0
    if len(known) == 2 and max(map(len, known)) > width:
        pairs = enumerate(zip(*known, strict=False))
        differs = next((at for at, (a, b) in pairs if a != b), min(map(len, known)))
        start = max(0, differs - width // 4)
    return [
        None if text is None else cut(f"…{text[start:]}" if start else text, width)
        for text in texts
    ]


def plain(value: Any, width: int | None = None) -> str:
    """A sum as a person reads it, rounded where it is wider than `width`: no sum of what is no
    number.
    """
    if value is None:
        return ""
    text = f"{value:,.6g}"
    if isinstance(value, decimal.Decimal) and value.is_finite():
        # The zeros at the end of a numeric say nothing; neither does 1E+3.
        exact = f"{value:,f}"
        exact = exact.rstrip("0").rstrip(".") if "." in exact else exact
        return exact if width is None or len(exact) <= width else text
    return text


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return bytes(value).hex() if isinstance(value, memoryview) else str(value)


def cut(text: str, width: int = WIDTH) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= width else f"{text[: width - 1]}…"
