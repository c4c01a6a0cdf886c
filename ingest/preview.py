"""`--extract-only`: read and judge files, load nothing, say what landing them would do."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from ingest.catalog import load_catalog
from ingest.databases.looking import look
from ingest.databases.model import SourceUnreachable
from ingest.databases.opening import open_database
from ingest.files.errors import PlaceUnreachable
from ingest.files.places import PlaceOptions, open_place
from ingest.files.scratch import throwaway
from ingest.ledger import Delivery, Outer
from ingest.looking import Looking
from ingest.options import Request
from ingest.package import Reading
from ingest.plan import Stop, make_plan
from ingest.progress import Progress
from ingest.runlog import RunLog, new_run_id
from ingest.setting_out import make_ready, make_road
from ingest.settings import LOADER_ROLE, LOG_DIR, STATE_DIR, environment, warehouse
from ingest.warehouse import connect
from ingest.wishes import matches

_HEADERS = (
    "file",
    "table",
    "period",
    "zone",
    "encoding",
    "separator",
    "rows",
    "first day",
    "last day",
    "rejects",
    "status",
    "would replace",
)


@dataclass(slots=True)
class Preview(Looking):
    """A sink that keeps what is known of each file and drops its rows.

    `looked_at`: one mapping per file, `_HEADERS` to values. `failures`: one line each.
    """

    request: Request
    log: RunLog
    looked_at: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def complete(self, reading: Reading) -> None:
        for item in reading.deliveries:
            if self._is_beside_the_point(item):
                continue
            replaced = self._replaced(reading.outer, item) if item.loaded else ""
            self.looked_at.append(_values(item, replaced))
            if item.status == "failed":
                self.failures.append(f"{item.path}: {item.reason}")
            self.log.add(
                "extract",
                "failed" if item.status == "failed" else "ok" if item.loaded else "skipped",
                source=item.source,
                table_name=item.table_name,
                rows=item.rows_read,
                bytes=item.size_bytes,
                error=None if item.loaded else f"{item.path}: {item.reason}",
            )

    def _is_beside_the_point(self, item: Delivery) -> bool:
        """Whether the request asks for something else than this file."""
        if (item.reason or "").startswith("left out by"):
            return True
        if item.table_name is None and self.request.select:
            return True
        return bool(self.request.files) and not matches(item.path, self.request.files or "")

    def _replaced(self, outer: Outer, item: Delivery) -> str:
        """The landed file that this one would replace, in words."""
        if item.first_row:
            return f"nothing: it adds to what has landed, from line {item.first_row} on"
        with self.opened, self.opened.cursor() as cursor:
            cursor.execute(
                "select _file_id, path, delivered_at from etl.file_ledger"
                " where source = %s and table_name = %s and logical_name = %s"
                " and status = 'landed' and (kind = 'consolidated' or _file_id = %s)",
                (item.source, item.table_name, item.logical_name, item.file_id),
            )
            held = cursor.fetchone()
        if held is None:
            return "nothing: it is new"
        if held[0] == item.file_id:
            return "nothing: its content is landed already"
        if outer.mtime < held[2]:
            return f"nothing: {held[1]} was delivered later"
        return str(held[1])


def _values(item: Delivery, replaced: str) -> dict[str, Any]:
    rejects = ", ".join(f"{reason}: {count}" for reason, count in item.rejects.items())
    status = "readable" if item.loaded else f"{item.status}: {item.reason}"
    values = (
        *(item.path, item.table_name, item.period, item.zone, item.encoding, item.separator),
        *(item.rows_read, item.first_day, item.last_day, rejects, status, replaced),
    )
    return dict(zip(_HEADERS, values, strict=True))


def preview(request: Request, progress: Progress, *, as_json: bool) -> tuple[str, list[str]]:
    """Look at every file that the request names, landed or not; writes no table.

    Returns the text to print, and the failures, one line each.

    Raises:
        CatalogError, UnknownSelection, SettingsError, WarehouseError: as a run does.
    """
    catalog = load_catalog()
    plan = make_plan(catalog, request.select, environment(), request.data_path)
    home = warehouse(request.target)
    make_ready(home, catalog)
    run_id = new_run_id()
    opened = connect(home, role=LOADER_ROLE)
    log = RunLog(run_id, LOG_DIR)
    try:
        sink = Preview(run_id, opened, request, log)
        for stop in plan.stops:
            if stop.is_database:
                _look_at_tables(stop, request, sink, progress)
            else:
                _look(stop, request, sink, progress)
    finally:
        log.close()
        opened.close()
    return _text(sink.looked_at, run_id, as_json), sink.failures


def _look(stop: Stop, request: Request, sink: Preview, progress: Progress) -> None:
    began = time.monotonic()
    try:
        options = PlaceOptions.from_settings(stop.connection, environment())
        with (
            throwaway(STATE_DIR / "runs") as scratch,
            open_place(stop.url, options) as place,
        ):
            road = make_road(stop, request, sink, scratch)
            entries = road.to_read(list(place.list()), {})
            with progress.place(stop.connection, entries) as advance:
                for entry in entries:
                    road.read(place, entry, None)
                    advance(entry)
        sink.log.add("list", "ok", rows=len(entries), seconds=round(time.monotonic() - began, 3))
    except (PlaceUnreachable, ValueError) as error:
        sink.failures.append(f"{stop.connection}: {error}")
        sink.log.add("list", "failed", source=stop.source.name, error=str(error))


def _look_at_tables(stop: Stop, request: Request, sink: Preview, progress: Progress) -> None:
    try:
        database = open_database(stop.connection, stop.url, environment())
    except SourceUnreachable as error:
        sink.failures.append(str(error))
        sink.log.add("list", "failed", source=stop.source.name, error=str(error))
        return
    tables = sorted(stop.selected, key=lambda table: table.priority)
    with (
        closing(database),
        sink.opened,
        sink.opened.cursor() as cursor,
        progress.tables(stop.connection, tables) as advance,
    ):
        for found in look(database, cursor, tables, force_full=request.mode == "full"):
            values: dict[str, Any] = dict.fromkeys(_HEADERS, "")
            values |= {"file": found.relation, "table": found.table.name, "rows": found.rows}
            values |= {"status": found.failure or "readable", "would replace": found.reach}
            sink.looked_at.append(values)
            if found.failure:
                sink.failures.append(found.failure)
            sink.log.add(
                "extract",
                "failed" if found.failure else "ok",
                source=stop.source.name,
                table_name=found.table.name,
                rows=found.rows,
                error=found.failure,
            )
            advance(found.table)


def _text(looked_at: Sequence[dict[str, Any]], run_id: str, as_json: bool) -> str:
    if as_json:
        values = {"run_id": run_id, "files": list(looked_at)}
        return json.dumps(values, ensure_ascii=False, indent=2, default=str)
    from tabulate import tabulate

    shown = [
        {
            "file": "\n".join(str(row["file"]).split("!")),
            **{key: "tab" if row[key] == "\t" else row[key] for key in _HEADERS[1:]},
        }
        for row in looked_at
    ]
    return tabulate(shown, headers="keys") + "\nNothing was loaded (--extract-only)."
