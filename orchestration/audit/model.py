"""One answer of the audit, and the names that it goes by (docs/audit.md lists them)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["OK", "WARNING", "FAIL", "NOT VISIBLE"]
Name = Literal[
    "file modes",
    "TLS",
    "listening",
    "password method",
    "roles",
    "memberships",
    "set-up",
    "owners",
    "grants",
    "PUBLIC",
    "default rights",
    "row policies",
    "views and functions",
    "personal columns",
]
# The answers for which somebody has to do something.
WRONG = ("FAIL", "WARNING")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was looked at, what was found, what is declared, and how the two are brought together.

    check: a word of docs/audit.md. found: one line without a secret and without a value of a row.
    expected: what is declared; empty when it is so. mend: a command or SQL to paste, one line.
    """

    check: Name
    severity: Severity
    found: str
    expected: str = ""
    mend: str = ""


def counts(findings: Iterable[Answer]) -> dict[str, int]:
    """How many answers there are of each severity."""
    made = {"OK": 0, "WARNING": 0, "FAIL": 0, "NOT VISIBLE": 0}
    for one in findings:
        made[one.severity] += 1
    return made


def exit_code(findings: Iterable[Answer]) -> int:
    """0: all that could be seen is as declared; 1: something is not."""
    return int(any(one.severity in WRONG for one in findings))
