"""An alert, and what becomes of the open ones when somebody has looked again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.catalog.model import Duration
from orchestration.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that is or was wrong, from when it was first seen until it is over.

    sent_to: the channels that have taken a message of it.
    untold: the channels that the message of now has not reached yet.
    last_sent_at: when a channel last took one.
    """

    alert_id: str
    kind: str
    severity: Severity
    subject: str
    message: str
    todo: str
    first_seen_at: datetime
    last_seen_at: datetime
    run_id: str | None = None
    error: str | None = None
    last_sent_at: datetime | None = None
    over_at: datetime | None = None
    times_seen: int = 1
    sent_to: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[str, str]:
        """What makes two findings the same."""
        return self.kind, self.subject

    def told(self, label: str, moment: datetime) -> Alert:
        """The alert once a channel has taken its message."""
        return replace(
            self,
            last_sent_at=moment,
            sent_to=tuple(dict.fromkeys((*self.sent_to, label))),
            untold=tuple(other for other in self.untold if other != label),
        )


def looked_again(
    known: Iterable[Alert],
    findings: Iterable[Finding],
    *,
    is_looked_at: Callable[[Alert], bool],
    channels: Sequence[str],
    quiet: Mapping[Severity, Duration],
    now: datetime,
) -> list[Alert]:
    """Every alert that is open or has still to be told, as it stands after this look.

    A finding opens an alert, or is seen once more; it is told again when it has become critical or
    when its quiet time is over. An open alert that was looked at and not found is over, which is
    told too.
    """
    held = {alert.about: alert for alert in known if alert.over_at is None}
    rest = [
        replace(alert, untold=_still(alert, channels))
        for alert in known
        if alert.over_at is not None
    ]
    found: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        about = (finding.kind, finding.subject)
        # Of two that are the same, the worse one counts.
        if about not in found or finding.severity == "critical" != found[about].severity:
            found[about] = finding
    for about, finding in found.items():
        held[about] = (
            _seen(held[about], finding, channels, quiet, now)
            if about in held
            else _opened(finding, channels, now)
        )
    for about, alert in held.items():
        if about in found:
            continue
        held[about] = (
            replace(alert, over_at=now, untold=tuple(channels))
            if is_looked_at(alert)
            else replace(alert, untold=_still(alert, channels))
        )
    return [*rest, *held.values()]


def _opened(finding: Finding, channels: Sequence[str], now: datetime) -> Alert:
    return Alert(
        alert_id=secrets.token_hex(8),
        kind=finding.kind,
        severity=finding.severity,
        subject=finding.subject,
        message=finding.message,
        todo=finding.todo,
        first_seen_at=now,
        last_seen_at=now,
        run_id=finding.run_id,
        error=finding.error,
        untold=tuple(channels),
    )


def _seen(
    alert: Alert,
    finding: Finding,
    channels: Sequence[str],
    quiet: Mapping[Severity, Duration],
    now: datetime,
) -> Alert:
    is_worse = finding.severity == "critical" and alert.severity == "warning"
    last = alert.last_sent_at
    is_due = last is None or last <= quiet[finding.severity].before(now)
    return replace(
        alert,
        severity=finding.severity,
        message=finding.message,
        todo=finding.todo,
        run_id=finding.run_id or alert.run_id,
        error=finding.error,
        last_seen_at=now,
        times_seen=alert.times_seen + 1,
        untold=tuple(channels) if is_worse or is_due else _still(alert, channels),
    )


def _still(alert: Alert, channels: Sequence[str]) -> tuple[str, ...]:
    """The channels that it has still to reach; one that is no longer declared is let go."""
    return tuple(label for label in alert.untold if label in channels)
