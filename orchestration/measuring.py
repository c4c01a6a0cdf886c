"""What `entrepot health` measures of the world outside the tables: sizes, free disk, old files."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from ingest.catalog import Catalog, FilesOrigin, LinesOrigin
from ingest.catalog.grammar import duration
from ingest.files.places import local_folder
from ingest.server.state import read_state
from ingest.settings import LOG_DIR, STATE_DIR, SettingsError, Warehouse
from ingest.warehouse import one_value, transaction

BACKUP_WITHIN = "BACKUP_WITHIN"
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Measure:
    """One value of a day; `measure` says in which unit, `subject` of what."""

    measure: str
    subject: str
    value: int


def folders(catalog: Catalog, variables: Mapping[str, str]) -> dict[str, Path]:
    """The folders that are looked at: `working`, `logs`, and each local inbox by its variable."""
    found = {"working": STATE_DIR / "runs", "logs": LOG_DIR}
    for table in catalog.tables:
        if not isinstance(table.origin, FilesOrigin | LinesOrigin):
            continue
        for name in table.connections:
            url = variables.get(name, "").strip()
            folder = local_folder(url) if url else None
            if folder is not None:
                found[f"inbox {name}"] = folder
    return found


def measure(
    opened: Connection, warehouse: Warehouse, looked_at: Mapping[str, Path]
) -> list[Measure]:
    """Measure the database, the disks and the folders; a folder that is not there is left out."""
    with transaction(opened) as cursor:
        cursor.execute("select pg_database_size(current_database())")
        found = [Measure("database_bytes", "database", int(one_value(cursor)))]
    for name, folder in looked_at.items():
        if folder.is_dir():
            found += _of_folder(name, folder)
    found += [
        Measure("disk_free_bytes", name, shutil.disk_usage(folder).free)
        for name, folder in _disks(warehouse, looked_at).items()
    ]
    return found


def backups_wanted(
    variables: Mapping[str, str], now: datetime, *, is_planned: bool
) -> list[Measure]:
    """Within how many hours a backup is wanted (0: never), and whether a flow makes them.

    Raises:
        SettingsError: BACKUP_WITHIN is no duration.
    """
    said = variables.get(BACKUP_WITHIN, "").strip() or "2d"
    hours = 0
    if said != "never":
        try:
            hours = int((now - duration(said).before(now)).total_seconds() // 3600)
        except ValueError as error:
            raise SettingsError(f"{BACKUP_WITHIN}: {error}; or never") from None
    return [
        Measure("backup_within_hours", "backup", hours),
        Measure("backup_is_planned", "backup", int(is_planned)),
    ]


def _of_folder(name: str, folder: Path) -> list[Measure]:
    count, size, oldest = 0, 0, time.time()
    for status in _files(folder):
        count += 1
        size += status.st_size
        oldest = min(oldest, status.st_mtime)
    return [
        Measure("folder_files", name, count),
        Measure("folder_bytes", name, size),
        Measure("folder_oldest_days", name, int((time.time() - oldest) // _DAY)),
    ]


def _files(folder: Path) -> Iterator[os.stat_result]:
    """The state of each file below a folder."""
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(parent) / name).lstat()
            except FileNotFoundError:
                continue  # it went while we looked


def _disks(warehouse: Warehouse, looked_at: Mapping[str, Path]) -> dict[str, Path]:
    """One folder on each local disk that the warehouse fills, by what lies there."""
    wanted = {"disk of the project": STATE_DIR if STATE_DIR.is_dir() else STATE_DIR.parent}
    state = read_state() if warehouse.embedded else None
    if state is not None:
        wanted["disk of the database"] = Path(state.data)
    wanted["disk of the logs"] = looked_at["logs"]
    seen: set[int] = set()
    disks = {}
    for name, folder in wanted.items():
        if folder.is_dir() and (device := folder.stat().st_dev) not in seen:
            seen.add(device)
            disks[name] = folder
    return disks


def note(opened: Connection, day: date, measures: Sequence[Measure]) -> None:
    """Keep the measures of a day; what was noted of that day before is replaced."""
    if not measures:
        return
    with transaction(opened) as cursor:
        execute_values(
            cursor,
            "insert into etl.measures (measured_on, measure, subject, value) values %s"
            " on conflict (measure, subject, measured_on) do update set value = excluded.value",
            [(day, one.measure, one.subject, one.value) for one in measures],
        )
