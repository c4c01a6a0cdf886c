"""`entrepot alert`: the open alerts, and a trial of the channels."""

from __future__ import annotations

import platform
import textwrap

from tabulate import tabulate

from ingest.console import complain
from ingest.settings import SettingsError, Warehouse, environment
from ingest.warehouse import connect
from orchestration.alerts import store
from orchestration.alerts.channels import ADDRESSES, Message, channels, send, wrong
from orchestration.alerts.model import Alert

_WIDEST = 44
# The kinds that tell of something that happened; the others are found again as long as they are so.
FAILURES = (
    *("failed", "run_failed", "source_failed", "load_failed"),
    *("build_failed", "test_failed", "validation"),
)


def show_open(warehouse: Warehouse) -> None:
    """Print the open alerts, the critical ones first.

    Raises:
        WarehouseError: if the warehouse does not answer.
    """
    opened = connect(warehouse)
    try:
        found = [alert for alert in store.known(opened) if alert.over_at is None]
    finally:
        opened.close()
    if not found:
        print("No alert is open.")
        return
    found.sort(key=lambda alert: (alert.severity != "critical", alert.first_seen_at))
    for alert in found:
        print(_in_lines(alert))


def _in_lines(alert: Alert) -> str:
    """An alert in lines of at most 78 columns."""
    lines = [f"{alert.severity.upper()}  {alert.kind}  {alert.subject}", alert.message]
    if alert.error:
        lines.append(f"first error: {alert.error}")
    since = f"since {alert.first_seen_at:%Y-%m-%d %H:%M} UTC, seen {alert.times_seen} times"
    told = f"told to {', '.join(alert.sent_to)}" if alert.sent_to else "told to nobody"
    lines += [f"{since}, {told}", f"what to do: {alert.todo}"]
    if alert.untold:
        lines.append(f"not told yet: {', '.join(alert.untold)}")
    return "\n".join(
        textwrap.fill(line, 78, initial_indent="  " if place else "", subsequent_indent="    ")
        for place, line in enumerate(lines)
    )


def acknowledge(warehouse: Warehouse, subject: str) -> None:
    """End the alerts of failures about a subject that will not be mended; another failure is new.

    Raises:
        SettingsError: none is open.
        WarehouseError: if the warehouse does not answer.
    """
    with store.held(warehouse) as opened:
        ended = store.acknowledge(opened, subject, FAILURES)
        held = [alert for alert in store.known(opened) if alert.over_at is None]
    if not ended:
        could = ", ".join(alert.subject for alert in held if alert.kind in FAILURES) or "none"
        raise SettingsError(
            f"--acknowledge {subject}: no failure of it is open (open are: {could}); what is looked"
            " at anew each time has to be mended"
        )
    for said in ended:
        print(f"Acknowledged: {said}")


def try_channels() -> int:
    """Send a message to every channel and print which answered; returns the exit code.

    Raises:
        SettingsError: if no channel is declared.
    """
    variables = environment()
    declared = channels(variables)
    if not declared:
        raise SettingsError(
            f"{ADDRESSES} is empty, so nobody is told of anything; name a channel in .env "
            "(.env.example shows how)."
        )
    problems = {channel.label: wrong(channel) for channel in declared}
    message = Message(
        "Entrepôt: a test",
        f"This channel is told of alerts by Entrepôt on {platform.node() or 'this machine'}.",
        "info",
    )
    usable = [channel for channel in declared if problems[channel.label] is None]
    answers = send({channel.label: message for channel in usable}, usable, variables)
    print(
        tabulate(
            [
                (
                    channel.position,
                    channel.label[:_WIDEST],
                    "wrong address"
                    if problems[channel.label]
                    else "no answer"
                    if answers[channel.label]
                    else "answered",
                )
                for channel in declared
            ],
            headers=("", "channel", ""),
            disable_numparse=True,
        )
    )
    for problem in problems.values():
        if problem:
            complain(f"entrepot alert: {problem}")
    for label, reason in answers.items():
        if reason:
            complain(f"entrepot alert: {label}: {reason}")
    if any(problems.values()):
        return 2
    return 1 if any(answers.values()) else 0
