"""What a check has found wrong, in the one shape that alerts, the health check and runs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["warning", "critical"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong now; its `kind` and `subject` say whether two findings are the same.

    kind: a word of the page of alerts (docs/alerts.md): `sla`, `run_failed`, `rejects` …
    subject: the table (`sigeti.factures`), folder or flow that it is about.
    message: one line without a secret and without a value of a row.
    todo: what the person who reads it should do, one line.
    error: the first error, as the run log has it.
    """

    kind: str
    severity: Severity
    subject: str
    message: str
    todo: str
    run_id: str | None = None
    error: str | None = None
