"""The place of a source that comes in files: what waits there, and what still is as it landed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from psycopg2.extensions import connection as Connection

from ingest.databases.model import TableUnreadable
from ingest.databases.postgres import PostgresDatabase
from ingest.files.errors import PlaceUnreachable
from ingest.files.places import PlaceOptions, open_place
from ingest.files.scratch import throwaway
from ingest.options import Request
from ingest.plan import Stop
from ingest.progress import Progress
from ingest.remembered import containers
from ingest.setting_out import delivered, make_road
from ingest.settings import STATE_DIR, environment
from ingest.validation.contents import Contents
from ingest.validation.model import Checked
from ingest.warehouse import transaction


@dataclass(slots=True)
class Place:
    """What came of a place. `checked`: one for each table, if contents were compared; `failure`:
    why it could not be looked at.
    """

    notes: list[str] = field(default_factory=list)
    checked: list[Checked] = field(default_factory=list)
    failure: str | None = None


def check_place(
    stop: Stop,
    run_id: str,
    warehouse: Connection,
    raw: PostgresDatabase,
    progress: Progress,
    *,
    deep: bool,
) -> Place:
    """List a place; with `deep`, compare the content of each file that is as it was when it landed.

    Raises:
        SettingsError: a limit of the settings is no number.
    """
    found = Place()
    began = time.monotonic()
    selected = {table.name: table for table in stop.selected}
    with throwaway(STATE_DIR / "runs") as scratch:
        sink = Contents(run_id, selected, warehouse, raw)
        road = make_road(stop, Request(), sink, scratch)
        try:
            options = PlaceOptions.from_settings(stop.connection, environment())
            with open_place(stop.url, options) as place:
                entries = delivered(stop, place)
                with transaction(warehouse) as cursor:
                    held = containers(cursor, stop.connection)
                waiting = {entry.path for entry in road.to_read(entries, held)}
                found.notes += _waiting(stop, sorted(waiting))
                landed = [entry for entry in entries if entry.path not in waiting]
                if not deep:
                    found.notes.append(
                        f"{stop.connection}: the content of {len(landed)} files is not compared;"
                        " --deep reads them again"
                    )
                    return found
                with progress.place(stop.connection, landed) as advance:
                    for entry in landed:
                        reading = road.read(place, entry, None)
                        sink.compare(reading, lambda entry=entry: road.read(place, entry, None))  # type: ignore[misc]
                        advance(entry)
        except (PlaceUnreachable, TableUnreadable, ValueError) as error:
            found.failure = f"{stop.connection}: {error}"
            return found
    if sink.absent:
        found.notes.append(
            f"{stop.connection}: {sink.absent} contents that landed are not there any more, or"
            " have changed since: they were not compared"
        )
    found.checked = list(sink.checked.values())
    for one in found.checked:
        one.seconds = (time.monotonic() - began) / len(found.checked)
    return found


def _waiting(stop: Stop, paths: Sequence[str]) -> list[str]:
    if not paths:
        return []
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return [f"{stop.connection}: not landed yet: {paths[0]}{more}"]
