"""The answers of the preflight as a table of 80 columns, or for a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from tabulate import tabulate

from orchestration.preflight.model import Check, exit_code

# Columns of text: with the status, the name and the gaps between them a line has 80.
NAME, SAID = 16, 53


def as_table(checks: Sequence[Check]) -> str:
    """One row per check; what to do is below what was found."""
    rows: list[tuple[str, str, str]] = []
    for check in checks:
        source = check.scope.removeprefix("source:") if check.scope.startswith("source:") else ""
        name = f"{source}: {check.name}" if source else check.name
        rows.append((check.status, name, check.detail))
        if check.mend:
            rows.append(("", "", f"-> {check.mend}"))
    table = tabulate(
        rows,
        headers=("", "check", "found"),
        maxcolwidths=[None, NAME, SAID],
        disable_numparse=True,
    )
    return f"{table}\n{_sum(checks)}"


def as_json(checks: Sequence[Check]) -> str:
    """The checks and the exit code."""
    answer = {"exit_code": exit_code(list(checks)), "checks": [asdict(check) for check in checks]}
    return json.dumps(answer, ensure_ascii=False, indent=1)


def _sum(checks: Sequence[Check]) -> str:
    counts = {
        status: sum(check.status == status for check in checks)
        for status in ("OK", "WARNING", "FAIL")
    }
    return f"{counts['OK']} OK, {counts['WARNING']} WARNING, {counts['FAIL']} FAIL."
