"""The alerts of a warehouse in `etl.alerts`; one process at a time reads, sends and writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from ingest.settings import LOADER_ROLE, Warehouse
from ingest.warehouse import WarehouseError, connect, transaction
from orchestration.alerts.model import Alert

_LOCK = "entrepot alerts"
# The table calls the subject table_name.
_COLUMNS = ["table_name" if one.name == "subject" else one.name for one in fields(Alert)]
_SENT_TO, _UNTOLD = _COLUMNS.index("sent_to"), _COLUMNS.index("untold")
_SEPARATOR = ", "
# A note that something is over is worth no more after so long.
_NOTES = "interval '7 days'"


@contextmanager
def held(warehouse: Warehouse) -> Iterator[Connection]:
    """A connection that alone may send the alerts of this warehouse, for the block.

    Raises:
        WarehouseError: if the warehouse does not answer, is not prepared for alerts, or another
            process has been sending for a minute.
    """
    opened = connect(warehouse, role=LOADER_ROLE)
    try:
        with transaction(opened) as cursor:
            cursor.execute("set lock_timeout = '60s'")
            try:
                cursor.execute("select pg_advisory_lock(hashtext(%s))", (_LOCK,))
            except psycopg2.errors.LockNotAvailable as error:
                raise WarehouseError(
                    "another process has been sending alerts for a minute; try again."
                ) from error
        yield opened
    except psycopg2.Error as error:
        said = str(error).strip().splitlines()
        raise WarehouseError(
            f"the alerts of {warehouse.dbname} cannot be kept:"
            f" {said[0] if said else type(error).__name__}"
        ) from error
    finally:
        opened.close()


def known(opened: Connection) -> list[Alert]:
    """The alerts that are open, and those whose end has still to be told."""
    with transaction(opened) as cursor:
        cursor.execute(
            f"select {', '.join(_COLUMNS)} from etl.alerts"
            f" where over_at is null or (untold <> '' and over_at > now() - {_NOTES})"
            " order by first_seen_at, alert_id"
        )
        return [_read(row) for row in cursor]


def keep(opened: Connection, alerts: Sequence[Alert]) -> None:
    """Write alerts as they stand now."""
    if not alerts:
        return
    changed = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "alert_id")
    with transaction(opened) as cursor:
        execute_values(
            cursor,
            f"insert into etl.alerts ({', '.join(_COLUMNS)}) values %s"
            f" on conflict (alert_id) do update set {changed}",
            [_written(alert) for alert in alerts],
        )


def acknowledge(opened: Connection, subject: str, kinds: Sequence[str]) -> list[str]:
    """End the open alerts of some kinds about a subject, or about a table of it; returns which.

    Nobody is told of their end. What failed before now is not told again by `etl.vw_health`.
    """
    with transaction(opened) as cursor:
        cursor.execute(
            "update etl.alerts set over_at = now(), acknowledged_at = now(), untold = ''"
            " where over_at is null and kind = any(%(kinds)s)"
            " and (table_name = %(subject)s or starts_with(table_name, %(subject)s || '.'))"
            " returning kind || ' ' || table_name",
            {"kinds": list(kinds), "subject": subject},
        )
        return sorted(said for (said,) in cursor)


def _written(alert: Alert) -> tuple[object, ...]:
    values = list(astuple(alert))
    values[_SENT_TO] = _SEPARATOR.join(alert.sent_to) or None
    values[_UNTOLD] = _SEPARATOR.join(alert.untold)
    return tuple(values)


def _read(row: Sequence[Any]) -> Alert:
    values = dict(zip((one.name for one in fields(Alert)), row, strict=True))
    for name in ("sent_to", "untold"):
        values[name] = tuple(filter(None, (values[name] or "").split(_SEPARATOR)))
    # An earlier version kept an alert without these.
    values["subject"], values["todo"] = values["subject"] or "", values["todo"] or ""
    return Alert(**values)
