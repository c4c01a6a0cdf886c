"""What was compared, as text for a person, JSON for a program, and a page to keep."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tabulate import tabulate

from ingest.console import printable
from ingest.validation.contents import CHECK as CONTENT
from ingest.validation.files import summary
from ingest.validation.model import Checked, Difference
from orchestration.report_page import Section, place_of, write_report
from orchestration.validation.checking import Found

WIDTH = 80
# Keys of one table and heading that the terminal shows; the page and etl.validation have more.
SHOWN = 10


def as_text(found: Found, page: Path | None) -> str:
    """One line per table, then what differs."""
    lines: list[str] = []
    for source, checks in _by_source(found.checks):
        lines += [source, _table(checks), ""]
    for one in found.checks:
        lines += _told(one)
    for said in (*found.failures, *found.notes):
        lines += _wrapped(said)
    lines += ["", *_verdict(found, page)]
    return "\n".join(lines).strip()


def _by_source(checks: list[Checked]) -> Iterator[tuple[str, list[Checked]]]:
    for source in dict.fromkeys(one.source for one in checks):
        yield source, [one for one in checks if one.source == source]


def _table(checks: list[Checked]) -> str:
    tables = [one.table for one in checks]
    counted = [one for one in checks if one.expected is not None or one.failure]
    audits = [one for one in checks if one.expected is None and not one.failure]
    counted.sort(key=lambda one: tables.index(one.table))
    rows: list[list[Any]] = [
        [
            "  its content" if one.check == CONTENT else one.table[:33],
            _thousands(one.expected),
            _thousands(one.rejected),
            _thousands(one.found),
            _equal(one),
        ]
        for one in counted
    ]
    shown = []
    if rows:
        headers = ["table", "source", "rejected", "warehouse", "equal?"]
        align = ("left", "right", "right", "right", "left")
        shown.append(tabulate(rows, headers=headers, colalign=align, disable_numparse=True))
    if audits:
        good = sum(one.is_equal for one in audits)
        shown.append(f"{good} of {len(audits)} checks of what is built from it hold")
    return "\n".join(shown)


def _equal(one: Checked) -> str:
    if one.failure:
        return "failed"
    if one.faults:
        return "NO"
    return "later" if one.counts else "yes"


def _thousands(number: int | None) -> str:
    return "" if number is None else f"{number:,}".replace(",", " ")


def _told(one: Checked) -> Iterator[str]:
    """The differences of one check, a heading at a time."""
    if one.failure:
        yield from _wrapped(f"{one.key}: not compared: {one.failure}")
    for note in one.notes:
        yield from _wrapped(f"{one.key}: {note}")
    if not one.counts:
        return
    yield from _wrapped(f"{one.key}, {one.check}: {summary(one.counts)}")
    for period in one.periods[:SHOWN]:
        columns = f"; {', '.join(period.columns)}" if period.columns else ""
        rows = f"{period.expected} rows, {period.found} in the warehouse"
        line = textwrap.shorten(f"{period.name}: {rows}{columns}", WIDTH - 2, placeholder=" …")
        yield f"  {line}"
    if len(one.periods) > SHOWN:
        yield f"  and {len(one.periods) - SHOWN} more periods"
    for heading in one.counts:
        kept = [each for each in one.differences if each.heading == heading]
        yield f"  {heading}:"
        for each in kept[:SHOWN]:
            yield from _wrapped(_named(each), "    ", "      ", most=4)
        if (left := one.counts[heading] - sum(map(_size, kept[:SHOWN]))) > 0:
            yield f"    and {left} more"


def _wrapped(text: str, first: str = "", rest: str = "  ", most: int | None = None) -> list[str]:
    """A text in lines of 80 columns, `most` of them."""
    return textwrap.wrap(
        printable(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        max_lines=most,
        placeholder=" …",
    )


def _size(difference: Difference) -> int:
    """How many rows a difference names: `rows 3 to 7` are five."""
    words = difference.key.rpartition(", rows ")[2].split(" to ")
    if len(words) == 2 and all(word.isdigit() for word in words):
        return int(words[1]) - int(words[0]) + 1
    return 1


def _named(difference: Difference) -> str:
    more = [", ".join(difference.columns), difference.period or "", difference.detail]
    return ": ".join([difference.key, *filter(None, more)])


def _verdict(found: Found, page: Path | None) -> list[str]:
    later = sum(sum(one.counts.values()) - one.faults for one in found.checks)
    tables = len({one.key for one in found.checks if one.expected is not None})
    said = f"{tables} tables compared in {found.seconds:.1f} s: "
    said += f"{found.faults} differences" if found.faults else "no difference"
    said += f", {later} that later loads bring" if later else ""
    said += f", {len(found.failures)} not looked at" if found.failures else ""
    return [*textwrap.wrap(said, WIDTH), *([f"Report: {place_of(page)}"] if page else [])]


def as_json(found: Found, page: Path | None) -> str:
    """Everything that was found."""
    return json.dumps(
        {
            "run_id": found.run_id,
            "equal": found.code == 0,
            "seconds": round(found.seconds, 3),
            "report": str(page) if page else None,
            "failures": found.failures,
            "notes": found.notes,
            "checks": [_values(one) for one in found.checks],
        },
        ensure_ascii=False,
        indent=2,
    )


def _values(one: Checked) -> dict[str, Any]:
    # Of a Counter asdict makes another one, of pairs.
    values = asdict(replace(one, counts=Counter()))
    del values["_named"]
    own = {"counts": dict(one.counts), "equal": one.is_equal, "faults": one.faults}
    return {**values, **own}


def write_page(found: Found) -> Path:
    """The page of one validation, in the folder of reports."""
    sections = []
    for source, checks in _by_source(found.checks):
        rows = [
            (
                *(one.table, one.check, one.expected, one.rejected, one.found),
                *(_equal(one), one.failure or summary(one.counts), f"{one.seconds:.1f}"),
            )
            for one in checks
        ]
        marks = frozenset(at for at, one in enumerate(checks) if not one.is_equal)
        headers = ("table", "check", "source", "rejected", "warehouse", "equal?", "what", "s")
        sections.append(Section(source, "", headers, rows, marks, numeric=frozenset({2, 3, 4, 7})))
    for one in found.checks:
        if one.counts or one.notes:
            sections += _sections(one)
    if found.failures or found.notes:
        said = [(line,) for line in (*found.failures, *found.notes)]
        marks = frozenset(range(len(found.failures)))
        sections.append(Section("Notes", "", ("what",), said, marks))
    return write_report(
        f"validate-{found.run_id}", "Source against warehouse", sections, subtitle=found.run_id
    )


def _sections(one: Checked) -> Iterator[Section]:
    title = f"{one.key}: {one.check}"
    if one.periods:
        periods = [(p.name, p.expected, p.found, ", ".join(p.columns)) for p in one.periods]
        headers = ("period", "rows at the source", "in the warehouse", "columns that differ")
        yield Section(f"{title}, by period", "", headers, periods, numeric=frozenset({1, 2}))
    rows = [
        (each.heading, each.key, ", ".join(each.columns), each.period, each.detail)
        for each in one.differences
    ]
    marks = frozenset(n for n, each in enumerate(one.differences) if one.is_fault(each.heading))
    told = ("what", "key", "columns", "period", "detail")
    yield Section(title, "; ".join([summary(one.counts), *one.notes]), told, rows, marks)
