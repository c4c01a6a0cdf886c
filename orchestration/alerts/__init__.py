"""Alerts: what was found wrong is kept in `etl.alerts` and told to the channels of ALERT_URLS.

    findings -> looked_again (what is new, worse, due again, over) -> one message per channel

An alert that a channel did not take stays untold there, and the next `notify` tries again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ingest.catalog import grammar
from ingest.catalog.model import Duration
from ingest.console import complain
from ingest.settings import Warehouse, environment
from ingest.warehouse import WarehouseError
from orchestration.alerts import offline, store
from orchestration.alerts.channels import Channel, channels, send
from orchestration.alerts.masking import masked
from orchestration.alerts.messages import message_of
from orchestration.alerts.model import Alert, looked_again
from orchestration.findings import Finding, Severity

__all__ = ["WAREHOUSE", "Alert", "Notified", "notify", "notify_without_warehouse"]

# The kind of the finding that the warehouse does not answer: any notify that reaches it ends that.
WAREHOUSE = "warehouse"
_QUIET: Mapping[Severity, tuple[str, str]] = {
    "warning": ("ALERT_QUIET", "24h"),
    "critical": ("ALERT_QUIET_CRITICAL", "4h"),
}


@dataclass(frozen=True, slots=True)
class Notified:
    """What a call of `notify` came to.

    new, over: alerts that it opened and ended. open: those that are open now.
    told: the channels that took a message. silent: those that did not, and why.
    """

    new: int
    over: int
    open: int
    told: tuple[str, ...] = ()
    silent: Mapping[str, str] = field(default_factory=dict)


def notify(
    warehouse: Warehouse,
    findings: Sequence[Finding],
    *,
    kinds: Collection[str],
    subjects: Collection[str] | None = None,
) -> Notified:
    """Keep what was found, tell what is new, due again or over; each channel gets one message.

    kinds: the kinds that were looked at. An open alert of these (of `subjects` alone, if given)
        that is not among the findings is over.

    A warehouse that does not answer is told too, and loses none of the findings. A channel that
    does not answer is said in one line on standard error, and tried again by the next call.
    """
    variables = environment()
    findings = [_without_secrets(finding, variables) for finding in findings]

    def is_looked_at(alert: Alert) -> bool:
        # The warehouse itself is looked at by every call.
        return alert.about == (WAREHOUSE, warehouse.target) or (
            alert.kind in kinds and (subjects is None or alert.subject in subjects)
        )

    try:
        with store.held(warehouse) as opened, offline.held(warehouse.target):
            before = store.known(opened)
            are_open = {alert.about for alert in before if alert.over_at is None}
            earlier = [
                alert for alert in offline.known(warehouse.target) if alert.about not in are_open
            ]
            notified = _tell(
                [*before, *earlier],
                findings,
                warehouse.target,
                is_looked_at=is_looked_at,
                keep=lambda alerts: store.keep(opened, alerts),
            )
            offline.keep(warehouse.target, [])
            return notified
    except WarehouseError as error:
        return notify_without_warehouse(
            [down(warehouse.target, error), *findings], warehouse.target
        )


def notify_without_warehouse(findings: Sequence[Finding], target: str | None = None) -> Notified:
    """Tell what was found while the warehouse of a target cannot be used; nothing is over by this.

    The quiet times are kept in a file, which the next `notify` that reaches the warehouse takes
    over.
    """
    variables = environment()
    target = target or variables.get("DBT_TARGET") or "dev"
    findings = [_without_secrets(finding, variables) for finding in findings]
    with offline.held(target):
        return _tell(
            offline.known(target),
            findings,
            target,
            is_looked_at=lambda alert: False,
            keep=lambda alerts: offline.keep(target, alerts),
        )


def down(target: str, error: Exception) -> Finding:
    """The finding that a warehouse does not answer."""
    return Finding(
        WAREHOUSE,
        "critical",
        target,
        "the warehouse cannot be used",
        "see that its server runs (`entrepot status` for the embedded one), then run again",
        error=str(error),
    )


def _tell(
    before: Sequence[Alert],
    findings: Sequence[Finding],
    target: str,
    *,
    is_looked_at: Callable[[Alert], bool],
    keep: Callable[[Sequence[Alert]], None],
) -> Notified:
    """Look again, keep, send, and keep what was sent: a crash in between tells twice, never not."""
    variables = environment()
    declared = channels(variables)
    now = datetime.now(UTC)
    after = looked_again(
        before,
        findings,
        is_looked_at=is_looked_at,
        channels=[channel.label for channel in declared],
        quiet=quiet_times(variables),
        now=now,
    )
    keep(after)
    silent: dict[str, str] = {}
    told = []
    for label, reason in _send(after, declared, target, variables).items():
        if reason is not None:
            silent[label] = reason
            complain(f"entrepot alert: {label} was not told: {reason}")
            continue
        told.append(label)
        after = [alert.told(label, now) if label in alert.untold else alert for alert in after]
    if told:
        keep(after)
    were_open = {alert.alert_id for alert in before if alert.over_at is None}
    return Notified(
        new=len({alert.alert_id for alert in after} - {alert.alert_id for alert in before}),
        over=sum(alert.over_at == now for alert in after if alert.alert_id in were_open),
        open=sum(alert.over_at is None for alert in after),
        told=tuple(told),
        silent=silent,
    )


def _send(
    alerts: Sequence[Alert],
    declared: Sequence[Channel],
    target: str,
    variables: Mapping[str, str],
) -> dict[str, str | None]:
    messages = {}
    for channel in declared:
        untold = [alert for alert in alerts if channel.label in alert.untold]
        if untold:
            messages[channel.label] = message_of(untold, target)
    return send(messages, declared, variables) if messages else {}


def quiet_times(variables: Mapping[str, str]) -> dict[Severity, Duration]:
    """How long an alert that goes on is not told again, by severity.

    A setting that is no duration is complained of, and the usual time holds.
    """
    read: dict[Severity, Duration] = {}
    for severity, (name, usual) in _QUIET.items():
        given = variables.get(name, "").strip() or usual
        try:
            read[severity] = grammar.duration(given)
        except ValueError as error:
            complain(f"entrepot alert: {name}: {error}; {usual} is used.")
            read[severity] = grammar.duration(usual)
    return read


def _without_secrets(finding: Finding, variables: Mapping[str, str]) -> Finding:
    return replace(
        finding,
        subject=masked(finding.subject, variables),
        message=masked(finding.message, variables),
        todo=masked(finding.todo, variables),
        error=masked(finding.error.strip().splitlines()[0], variables)
        if finding.error and finding.error.strip()
        else None,
    )
