"""One answer of the preflight, and the names that it goes by (docs/preflight.md lists them)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["OK", "WARNING", "FAIL"]
Name = Literal[
    ".env",
    "variables",
    "profiles.yml",
    "declarations",
    "pseudonyms",
    "warehouse",
    "server version",
    "encoding",
    "roles",
    "rights",
    "clock",
    "disk",
    "place",
    "driver",
    "connection",
    "tables",
    "columns",
    "dbt",
    "Prefect server",
    "deployments",
    "runner",
]
# What cannot do without a check: everything, one source (`source:erp`), or only what it names.
WAREHOUSE, TOOL = "warehouse", "tool"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it stands, and how to mend it.

    name: a word of docs/preflight.md.
    detail: one line without a secret and without a value of a row.
    mend: what the reader should do, one line; empty when it is OK.
    scope: `warehouse` (without it nothing can run), `source:<name>` (only that source needs it) or
        `tool` (the rest).
    """

    name: Name
    status: Status
    detail: str
    mend: str = ""
    scope: str = TOOL


def guarded(name: Name, scope: str, look: Callable[[], list[Check]]) -> list[Check]:
    """What a check finds; one that meets what nobody foresaw has failed by that."""
    try:
        return look()
    except Exception as error:
        if os.environ.get("ENTREPOT_DEBUG"):
            raise
        # Not its message, which may hold a password or the value of a row.
        said = f"unforeseen {type(error).__name__}"
        return [Check(name, "FAIL", said, "ENTREPOT_DEBUG=1 shows where", scope)]


def exit_code(checks: list[Check]) -> int:
    """0: all OK; 1: warnings only; 2: something fails."""
    found = {check.status for check in checks}
    return 2 if "FAIL" in found else int("WARNING" in found)
