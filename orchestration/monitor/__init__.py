"""`entrepot monitor`: what is in the warehouse, how fresh it is and how it got there.

From statistics and indexes alone, so that it answers in under a second at any size; `exact` counts.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from datetime import UTC, datetime
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from ingest.settings import Warehouse
from ingest.warehouse import WarehouseError, connect, one_value
from orchestration.monitor import queries
from orchestration.monitor.telling import Found, as_text

__all__ = ["collect", "show_monitor", "watch"]

CLEAR = "\x1b[2J\x1b[H"


def collect(warehouse: Warehouse, *, exact: bool = False) -> Found:
    """What the monitor shows, as lists of dictionaries by their names.

    `objects` (tables by layer: rows, bytes, last_ok, last_change, sla_status), `freshness` (the
    declared tables; empty before the first build), `runs`, `slow_models`, `files`, `rejects`,
    `undated`. Rows are estimates, and rejects of one reason are counted up to `queries.COUNTED`;
    with `exact` both are counted to the end.

    Raises:
        WarehouseError: the warehouse does not answer.
    """
    opened = connect(warehouse, autocommit=True)
    try:
        found = {
            "objects": _rows(opened, queries.OBJECTS),
            "freshness": _freshness(opened),
            "runs": _rows(opened, queries.RUNS),
            "slow_models": _rows(opened, queries.SLOW_MODELS),
            "files": _rows(opened, queries.FILES),
            "rejects": _rows(
                opened, queries.REJECTS.format(limit="" if exact else queries.COUNT_SOME)
            ),
            "undated": _rows(opened, queries.UNDATED),
        }
        if exact:
            for entry in found["objects"]:
                counted = _count(opened, entry["schema_name"], entry["object_name"])
                entry["rows"] = entry["rows"] if counted is None else counted
    finally:
        opened.close()
    late = {(f"raw_{t['source']}", t["table_name"]): t["sla_status"] for t in found["freshness"]}
    for entry in found["objects"]:
        entry["sla_status"] = late.get((entry["schema_name"], entry["object_name"]))
    return found


def show_monitor(warehouse: Warehouse, *, as_json: bool = False, exact: bool = False) -> None:
    """Print the monitor as tables at 80 columns (or as wide as the terminal), or as JSON."""
    found = collect(warehouse, exact=exact)
    if as_json:
        print(json.dumps(found, default=str, ensure_ascii=False, indent=1))
    else:
        print(as_text(found, width=_width(), exact=exact))


def watch(warehouse: Warehouse, seconds: float) -> None:
    """Draw the monitor anew every so many seconds, layer by layer, until Ctrl-C.

    A server that goes away is told, and asked again: who watches wants to see it come back.
    """
    try:
        while True:
            moment = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
            try:
                text = as_text(collect(warehouse), width=_width(), by_object=False)
            except (WarehouseError, psycopg2.Error) as error:
                text = str(error).strip().partition("\n")[0]
            head = f"{warehouse.dbname} at {moment}, every {seconds:g} s; Ctrl-C ends it\n\n"
            print(f"{CLEAR if sys.stdout.isatty() else ''}{head}{text}", flush=True)
            time.sleep(seconds)
    except KeyboardInterrupt:
        print()


def _width() -> int:
    return max(80, shutil.get_terminal_size().columns) if sys.stdout.isatty() else 80


def _rows(opened: Connection, query: str) -> list[dict[str, Any]]:
    with opened.cursor() as cursor:
        cursor.execute(query)
        columns = [column.name for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor]


def _freshness(opened: Connection) -> list[dict[str, Any]]:
    (known,) = _rows(opened, queries.HAS_FRESHNESS)
    return _rows(opened, queries.FRESHNESS) if known["has_freshness"] else []


def _count(opened: Connection, schema: str, name: str) -> int | None:
    """The rows of a table; None for one that is not ours to read, or that a build just replaced."""
    with opened.cursor() as cursor:
        counting = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, name))
        try:
            cursor.execute(counting)
        except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.UndefinedTable):
            return None
        return int(one_value(cursor))
