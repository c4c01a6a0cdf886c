"""A profile in words: for a terminal of 80 columns, for a program, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tabulate import tabulate

from ingest.console import printable
from orchestration.profiling.changes import Change
from orchestration.profiling.exclude import Suggestion
from orchestration.profiling.reading import Column, Profile
from orchestration.relations import PERSONAL
from orchestration.report_page import Section, write_report

# What a terminal shows of a wide table; the page has all of it.
SHOWN_COLUMNS, SHOWN_LINES, SHOWN_CHANGES = 30, 12, 12
# The widths of a name and a value on a terminal, and of values on the page.
_NAME, _VALUE, _END, _FREQUENT = 24, 12, 20, 18
STATES = {
    "empty": "no row holds anything: no value, or spaces",
    "constant": "one value in every row",
    "sparse": "more than 90 % of the rows hold nothing",
    "low variety": "one value, or distinct values for less than 1 % of the rows: flags, codes",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A profile with what follows from it. before: when the one it is compared with was made."""

    made: Profile
    changes: list[Change]
    before: datetime | None
    suggestion: Suggestion | None


def headline(told: Told) -> str:
    """One or a few lines about a table."""
    made = told.made
    lines = [
        f"{made.relation.name}: {made.rows:,} rows, {len(made.columns)} columns, {made.seconds} s"
    ]
    counts = [f"{len(found)} {state}" for state in STATES if (found := made.in_state(state))]
    if counts:
        lines.append(f"  {', '.join(counts)}")
    if made.keys:
        lines.append(f"  could be the key: {_listed(made.keys, 58)}")
    if told.before:
        since = f"since {told.before:%Y-%m-%d %H:%M}"
        lines.append(f"  {len(told.changes) or 'no'} changes {since}")
    for change in told.changes[:SHOWN_CHANGES]:
        about = f"{change.column}: " if change.column else ""
        lines.append(_cut(f"    {about}{change.what}", 80))
    if len(told.changes) > SHOWN_CHANGES:
        lines.append(f"    and {len(told.changes) - SHOWN_CHANGES} more in the report")
    return "\n".join(lines)


def details(told: Told) -> str:
    """The columns of a table that say something, and what could be excluded."""
    columns = [column for column in told.made.columns if column.state not in ("empty", "constant")]
    rows = [
        (
            _cut(column.name, _NAME),
            f"{column.filled:.1%}",
            _count(column),
            *(_cut(_shown(column, value), _VALUE) for value in (column.smallest, column.greatest)),
        )
        for column in columns[:SHOWN_COLUMNS]
    ]
    parts = []
    if rows:
        headers = ("column", "filled", "distinct", "smallest", "greatest")
        aligned = ("left", "right", "right", "left", "left")
        parts.append(tabulate(rows, headers=headers, colalign=aligned, disable_numparse=True))
    if len(columns) > SHOWN_COLUMNS:
        parts.append(f"and {len(columns) - SHOWN_COLUMNS} more columns in the report")
    lines = told.suggestion.lines.splitlines() if told.suggestion else []
    if lines and told.made.relation.declared:
        parts.append(
            f"\nThese say nothing; to leave them out, in {told.made.relation.declared.declared_in}:"
        )
        parts += lines[: SHOWN_LINES + 1]
        if len(lines) > SHOWN_LINES + 1:
            parts.append(f"and {len(lines) - SHOWN_LINES - 1} more lines in the report")
    return "\n".join(parts)


def as_data(told: Told) -> dict[str, Any]:
    """A profile for a program."""
    made, suggestion = told.made, told.suggestion
    return {
        "table": made.relation.name,
        "relation": f"{made.relation.to.schema}.{made.relation.to.table}",
        "profiled_at": made.profiled_at.isoformat(),
        "rows": made.rows,
        "seconds": made.seconds,
        "keys": made.keys,
        "compared_with": told.before.isoformat() if told.before else None,
        "changes": [asdict(change) for change in told.changes],
        "exclude": suggestion.excluded if suggestion else {},
        "columns": [
            {**asdict(column), "filled": round(column.filled, 6), "state": column.state or None}
            for column in made.columns
        ],
    }


def write_page(told: Told, target: str) -> Path:
    """Write the report of a profile; returns where."""
    made = told.made
    to = made.relation.to
    return write_report(
        f"profile_{to.schema}.{to.table}",
        f"Profile of {made.relation.name}",
        [*_overview(told), *_suggested(told.suggestion), _columns(made)],
        subtitle=f"target {target} · {made.rows:,} rows, {len(made.columns)} columns",
    )


def _overview(told: Told) -> list[Section]:
    made = told.made
    rows = [
        (state, len(found), meaning, ", ".join(column.name for column in found))
        for state, meaning in STATES.items()
        if (found := made.in_state(state))
    ]
    hidden = sum(column.is_hidden for column in made.columns)
    estimated = sum(column.is_estimated for column in made.columns)
    text = f"Could be the key (unique, filled): {', '.join(made.keys) or 'no single column'}."
    if estimated:
        text += f" Distinct values with ~ are estimates ({estimated} columns), within some 2 %."
    if hidden:
        text += f" Of {hidden} columns with personal values there are counts alone."
    sections = [
        Section("Overview", text, ("what", "columns", "meaning", "names"), rows,
                numeric=frozenset({1}))
    ]  # fmt: skip
    if told.before:
        since = f"{told.before:%Y-%m-%d %H:%M} UTC"
        sections.append(
            Section(
                f"Changes since {since}",
                "" if told.changes else "None.",
                ("column", "what"),
                [(change.column or "(the table)", change.what) for change in told.changes],
            )
        )
    return sections


def _suggested(suggestion: Suggestion | None) -> list[Section]:
    if suggestion is None or not (suggestion.excluded or suggestion.read):
        return []
    text = "Empty or constant. To leave them out, paste these lines below `ingest:` of the table."
    if suggestion.read:
        text += f" Declared, so that staging reads them: {', '.join(suggestion.read)}."
    return [Section("What could be excluded", text, code=suggestion.lines)]


def _columns(made: Profile) -> Section:
    headers = (
        *("column", "type", "note", "filled", "nulls", "blanks", "distinct"),
        *("smallest to greatest", "mean", "lengths", "most frequent values"),
    )
    marks = {n for n, column in enumerate(made.columns) if column.state in ("empty", "constant")}
    return Section(
        "Columns",
        "In the order of the table. Blanks are texts of nothing but spaces.",
        headers,
        [_row(column) for column in made.columns],
        marks=frozenset(marks),
        numeric=frozenset({3, 4, 5, 6, 8}),
    )


def _row(column: Column) -> Sequence[Any]:
    lengths = ends = ""
    if column.smallest is not None:
        both = (column.smallest, column.greatest or "")
        ends = " to ".join(_cut(end or "(blank)", _END) for end in dict.fromkeys(both))
    if column.shortest is not None:
        lengths = f"{column.shortest} to {column.longest}"
    top = ", ".join(f"{_cut(value or '(blank)', _FREQUENT)} ({n:,})" for value, n in column.top)
    return (
        column.name,
        column.data_type.replace("character varying", "varchar"),
        "key" if column.is_unique else column.state,
        f"{column.filled:.1%}",
        f"{column.nulls:,}",
        f"{column.blanks:,}",
        _count(column),
        _shown(column, ends),
        f"{column.mean:,.6g}" if column.mean is not None else "",
        lengths,
        _shown(column, top),
    )


def _shown(column: Column, value: str | None) -> str:
    return PERSONAL if column.is_hidden and column.distinct else value or ""


def _count(column: Column) -> str:
    return f"{'~' if column.is_estimated else ''}{column.distinct:,}"


def _listed(names: Sequence[str], width: int) -> str:
    return _cut(", ".join(names), width)


def _cut(text: str, width: int) -> str:
    line = printable(text)
    return line if len(line) <= width else f"{line[: width - 1]}…"
