"""`entrepot health`: what the views of `etl` find wrong, shown, told, and summed up once a day."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from tabulate import tabulate

from ingest import server
from ingest.catalog import Catalog, load_catalog
from ingest.console import complain
from ingest.settings import LOADER_ROLE, SettingsError, Warehouse, environment, warehouse
from ingest.warehouse import WarehouseError, connect, require_prepared, transaction
from orchestration.alerts import Alert, down, notify, notify_without_warehouse, store
from orchestration.alerts.channels import Message, channels, send
from orchestration.alerts.masking import masked
from orchestration.cadences import read_cadences
from orchestration.findings import Finding
from orchestration.measuring import Measure, backups_wanted, folders, measure, note

# What the view etl.vw_health looks at: an open alert of these kinds that it does not find is over.
KINDS = (
    "sla",
    "failed",
    "failures",
    "file_failed",
    "rejects",
    "volume",
    "missing_files",
    "growth",
    "disk",
    "folder",
    "backup",
    "calendar",
)
HEARTBEAT = "HEARTBEAT_URL"
HEARTBEAT_SECONDS = 10
# The hour at which --today looks: that of the daily check.
_HOUR = "07:00:00+00"
_LISTED = 10
_SUMMARY = "summary_sent"
# Databases for trials: nobody backs them up.
_REHEARSALS = ("test", "prod_test")


def run_health(
    target: str | None = None,
    *,
    as_json: bool = False,
    sends: bool = True,
    today: str | None = None,
) -> int:
    """Check, print, and tell; returns the exit code: 1 when something is wrong, else 0.

    Args:
        sends: whether alerts, summary and heartbeat go out; without it nobody is told anything.
        today: the day to look from, `YYYY-MM-DD`, at 07:00 UTC; by default this moment.

    Raises:
        SettingsError: a day that is none, an address that is none, or views that are not built.
    """
    day = _day(today)
    address = _heartbeat_address() if sends else None
    chosen = warehouse(target)
    try:
        server.ensure_up(chosen, [source.schema for source in load_catalog().sources])
        findings = look(chosen, day)
    except (WarehouseError, server.ServerError) as error:
        found = [down(chosen.target, error)]
        _show(found, None, as_json=as_json)
        if sends:
            notify_without_warehouse(found, chosen.target)
        return 1
    if sends:
        notify(chosen, findings, kinds=KINDS)
    summary = _summary(chosen, day)
    _show(findings, summary, as_json=as_json)
    if sends:
        _send_summary(chosen, summary, day or datetime.now(UTC).date())
    if address:
        _call(address)
    return 1 if findings else 0


def look(chosen: Warehouse, day: date | None = None) -> list[Finding]:
    """Measure the world, keep the measures, and return what `etl.vw_health` finds wrong.

    Raises:
        WarehouseError: if the warehouse does not answer.
        SettingsError: if the warehouse is not prepared, the views are not built yet, or
            BACKUP_WITHIN is no duration.
    """
    catalog = load_catalog()
    looked_at = folders(catalog, environment())
    is_planned = chosen.target not in _REHEARSALS and _plans_backups(catalog)
    wanted = backups_wanted(environment(), datetime.now(UTC), is_planned=is_planned)
    opened = connect(chosen, role=LOADER_ROLE)
    try:
        require_prepared(opened, chosen, [source.schema for source in catalog.sources])
        measures = measure(opened, chosen, looked_at)
        note(opened, day or datetime.now(UTC).date(), [*measures, *wanted])
    finally:
        opened.close()
    rows = _rows(
        chosen,
        "select kind, severity, subject, message, todo, run_id, error from etl.vw_health"
        " order by severity, kind, subject",
        day,
    )
    return [Finding(**row) for row in rows]


def _plans_backups(catalog: Catalog) -> bool:
    """Whether a flow of this installation makes backups."""
    try:
        return any(cadence.command[:1] == ("backup",) for cadence in read_cadences(catalog))
    except SettingsError as error:
        # Nothing of it can be served, and all else has still to be looked at.
        complain(f"entrepot health: {error}")
        return True


def _rows(chosen: Warehouse, query: str, day: date | None) -> list[dict[str, Any]]:
    opened = connect(chosen)
    try:
        with transaction(opened) as cursor:
            if day:
                cursor.execute("select set_config('entrepot.now', %s, true)", (f"{day} {_HOUR}",))
            cursor.execute(query)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn) as error:
        raise SettingsError(
            "the views of the schema etl are not built yet; run `entrepot build --select"
            " +path:models/monitoring`."
        ) from error
    finally:
        opened.close()


def _summary(chosen: Warehouse, day: date | None) -> dict[str, Any]:
    (found,) = _rows(chosen, "select * from etl.vw_day_summary", day)
    return found


def _show(findings: Sequence[Finding], summary: dict[str, Any] | None, *, as_json: bool) -> None:
    variables = environment()
    if as_json:
        told = [
            {
                name: masked(value, variables) if value else value
                for name, value in asdict(one).items()
            }
            for one in findings
        ]
        found = {"findings": told, "summary": summary}
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    if findings:
        print(
            tabulate(
                [
                    (
                        f"{one.severity.upper()}\n{one.kind}",
                        one.subject,
                        masked(one.message, variables)
                        + (f"\n({masked(one.error, variables)})" if one.error else "")
                        + f"\n-> {masked(one.todo, variables)}",
                    )
                    for one in findings
                ],
                headers=("check", "subject", "what, and what to do"),
                maxcolwidths=[14, 22, 38],
                disable_numparse=True,
            )
        )
        print()
    if summary:
        print("\n".join(_said(summary)))
    print(f"{len(findings)} found wrong." if findings else "Nothing is wrong.")


def _said(summary: Mapping[str, Any]) -> list[str]:
    """The summary of a day in three lines."""
    failed = f", {summary['failed_runs']} with a failure" if summary["failed_runs"] else ""
    refused = f", {summary['files_failed']} refused" if summary["files_failed"] else ""
    pending = f", {summary['files_pending']} not whole yet" if summary["files_pending"] else ""
    return [
        f"Last 24 h: {summary['runs']} runs{failed}.",
        f"Landed: {summary['rows_landed']} rows in {summary['tables_changed']} tables; "
        f"{summary['files_landed']} files{refused}{pending}.",
        f"Built: {summary['models_built']} models; {summary['tests_failed']} tests failed.",
    ]


def _send_summary(chosen: Warehouse, summary: Mapping[str, Any], day: date) -> None:
    """Tell each channel once a day what the day was."""
    variables = environment()
    declared = channels(variables)
    if not declared:
        return
    with store.held(chosen) as opened:
        with transaction(opened) as cursor:
            cursor.execute(
                "select subject from etl.measures where measure = %s and measured_on = %s",
                (_SUMMARY, day),
            )
            told = {label for (label,) in cursor}
        message = _message(chosen.target, summary, _open(opened))
        wanted = {one.label: message for one in declared if one.label not in told}
        answers = send(wanted, declared, variables)
        for label, reason in answers.items():
            if reason:
                complain(f"entrepot health: {label} was not told of the day: {reason}")
        taken = [label for label, reason in answers.items() if reason is None]
        note(opened, day, [Measure(_SUMMARY, label, 1) for label in taken])


def _open(opened: Connection) -> list[Alert]:
    alerts = [alert for alert in store.known(opened) if alert.over_at is None]
    return sorted(alerts, key=lambda alert: (alert.severity != "critical", alert.first_seen_at))


def _message(target: str, summary: Mapping[str, Any], alerts: Sequence[Alert]) -> Message:
    critical = sum(alert.severity == "critical" for alert in alerts)
    title = "all well"
    if alerts:
        title = f"{len(alerts)} open" + (f", {critical} critical" if critical else "")
    lines = [
        *_said(summary),
        *(
            f"Open: {alert.severity.upper()} {alert.kind} {alert.subject}"
            for alert in alerts[:_LISTED]
        ),
    ]
    if len(alerts) > _LISTED:
        lines.append(f"… and {len(alerts) - _LISTED} more: entrepot alert")
    return Message(
        title=f"Entrepôt {target}, the day: {title}",
        body="\n".join(lines),
        level="failure" if critical else "warning" if alerts else "info",
    )


def _heartbeat_address() -> str | None:
    address = environment().get(HEARTBEAT, "").strip()
    if address and not address.lower().startswith(("http://", "https://")):
        raise SettingsError(f"{HEARTBEAT} is no web address; it begins with https://.")
    return address or None


def _call(address: str) -> None:
    """Say that the check ran to its end; whoever misses the call is the one to raise the alarm."""
    request = urllib.request.Request(address, headers={"User-Agent": "Entrepot"})
    try:
        with urllib.request.urlopen(request, timeout=HEARTBEAT_SECONDS):
            pass
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = masked(str(getattr(error, "reason", error)), environment())
        complain(f"entrepot health: {HEARTBEAT} was not reached: {reason}")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SettingsError(f"--today {text}: it is not a day (write 2026-11-20)") from None
