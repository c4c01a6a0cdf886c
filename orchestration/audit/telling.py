"""The answers of the audit as a table of 80 columns, or for a program."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from tabulate import tabulate

from orchestration.audit.model import Answer, counts, exit_code

# Columns of text: with the severity and the gaps between them a line has 80.
NAME, SAID = 15, 50


def as_table(findings: Sequence[Answer]) -> str:
    """One row per answer; what is declared and what to do are below what was found."""
    lines: list[tuple[str, str, str]] = []
    for one in findings:
        lines.append((one.severity, _folded(one.check, NAME), _folded(one.found, SAID)))
        if one.expected:
            lines.append(("", "", _folded(f"declared: {one.expected}", SAID)))
        if one.mend:
            lines.append(("", "", _folded(f"-> {one.mend}", SAID)))
    table = tabulate(lines, headers=("", "check", "found"), disable_numparse=True)
    number = counts(findings)
    said = f"{number['OK']} OK, {number['WARNING']} WARNING, {number['FAIL']} FAIL"
    hidden = number["NOT VISIBLE"]
    return f"{table}\n{said}, {hidden} not visible." if hidden else f"{table}\n{said}."


def _folded(text: str, width: int) -> str:
    """Broken where a word ends, and within a word only if it is longer than a line."""
    return "\n".join(textwrap.wrap(text, width, break_on_hyphens=False))


def as_json(findings: Sequence[Answer]) -> str:
    """The answers and the exit code."""
    answer = {"exit_code": exit_code(findings), "findings": [asdict(one) for one in findings]}
    return json.dumps(answer, ensure_ascii=False, indent=1)
