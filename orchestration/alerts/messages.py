"""What a channel is told: one message for all that there is to tell it at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orchestration.alerts.channels import Level, Message
from orchestration.alerts.model import Alert

# More than these are told in one line each, and more than those by their number.
IN_FULL, IN_LINES = 5, 40


def message_of(alerts: Sequence[Alert], target: str) -> Message:
    """One message that tells each of these alerts: the open ones, worst first, then what is over.

    target: the target of the warehouse that they are about.
    """
    going_on = sorted(
        (alert for alert in alerts if alert.over_at is None),
        key=lambda alert: (alert.severity != "critical", alert.first_seen_at, alert.about),
    )
    over = sorted(
        (alert for alert in alerts if alert.over_at is not None),
        key=lambda alert: (alert.over_at, alert.about),
    )
    is_full = len(alerts) <= IN_FULL
    parts = [_in_full(alert) if is_full else _in_a_line(alert) for alert in [*going_on, *over]]
    if not is_full:
        head = [_in_full(alert) for alert in going_on[:IN_FULL]]
        parts = head + parts[len(head) :]
    left = len(parts) - IN_LINES
    if left > 0:
        parts = [*parts[:IN_LINES], f"… and {left} more: entrepot alert"]
    return Message(
        title=f"Entrepôt {target}: {_title(going_on, over)}",
        body=("\n\n" if is_full else "\n").join(parts),
        level=_level(going_on),
    )


def _title(going_on: Sequence[Alert], over: Sequence[Alert]) -> str:
    if len(going_on) == 1 and not over:
        return f"{going_on[0].severity.upper()} {_what(going_on[0])}"
    if len(over) == 1 and not going_on:
        return f"over: {_what(over[0])}"
    critical = sum(alert.severity == "critical" for alert in going_on)
    said = []
    if going_on:
        said.append(f"{len(going_on)} alert{'s' if len(going_on) > 1 else ''}")
    if critical:
        said.append(f"{critical} critical")
    if over:
        said.append(f"{len(over)} over")
    return ", ".join(said)


def _level(going_on: Sequence[Alert]) -> Level:
    if not going_on:
        return "success"
    return "failure" if going_on[0].severity == "critical" else "warning"


def _what(alert: Alert) -> str:
    return f"{alert.kind} {alert.subject}"


def _in_a_line(alert: Alert) -> str:
    if alert.over_at is not None:
        return f"OVER {_what(alert)}: {alert.message} (from {_moment(alert.first_seen_at)})"
    return f"{alert.severity.upper()} {_what(alert)}: {alert.message}"


def _in_full(alert: Alert) -> str:
    if alert.over_at is not None:
        return (
            f"OVER {_what(alert)}: {alert.message}\n"
            f"From {_moment(alert.first_seen_at)} to {_moment(alert.over_at)}"
        )
    lines = [f"{alert.severity.upper()} {_what(alert)}: {alert.message}"]
    if alert.error:
        lines.append(f"First error: {alert.error}")
    if alert.run_id:
        lines.append(f"Run: {alert.run_id}")
    if alert.times_seen > 1:
        lines.append(f"Since: {_moment(alert.first_seen_at)}")
    lines.append(f"What to do: {alert.todo}")
    return "\n".join(lines)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
