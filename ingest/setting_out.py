"""What every run does before it reads: a warehouse that is up, and the roads to its places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.archive import Archive
from ingest.catalog import Catalog, Table
from ingest.deliveries import Road
from ingest.files.model import Entry, Limits
from ingest.files.places import Place
from ingest.options import Request, size_in_bytes
from ingest.plan import Stop, pii_key
from ingest.settings import LOADER_ROLE, SettingsError, Warehouse, environment
from ingest.sink import Sink
from ingest.warehouse import connect, require_prepared
from ingest.wishes import Wishes

_LIMITS = {
    "members": "ENTREPOT_MAX_MEMBERS",
    "ratio": "ENTREPOT_MAX_RATIO",
    "member_bytes": "ENTREPOT_MAX_MEMBER_SIZE",
    "total_bytes": "ENTREPOT_MAX_ARCHIVE_SIZE",
    "depth": "ENTREPOT_MAX_DEPTH",
    "xlsx_memory": "ENTREPOT_XLSX_MEMORY",
    "xlsx_seconds": "ENTREPOT_XLSX_SECONDS",
    "xlsx_cells": "ENTREPOT_XLSX_CELLS",
}


def limits(variables: Mapping[str, str]) -> Limits:
    """What an archive or a workbook may cost, from `ENTREPOT_MAX_...` or the defaults.

    Raises:
        SettingsError: a value that is not a number or a size (`10MB`).
    """
    given: dict[str, Any] = {}
    for name, variable in _LIMITS.items():
        if text := variables.get(variable, "").strip():
            try:
                value = size_in_bytes(text)
            except ValueError as error:
                raise SettingsError(f"{variable}: {error}") from None
            given[name] = float(value) if name == "ratio" else value
    return replace(Limits(), **given)


def make_ready(home: Warehouse, catalog: Catalog) -> None:
    """Start the embedded server if it is down; any other server must have been prepared."""
    from ingest.server import ensure_up

    schemas = sorted({source.schema for source in catalog.sources})
    ensure_up(home, schemas)
    opened = connect(home, role=LOADER_ROLE)
    try:
        require_prepared(opened, home, schemas)
    finally:
        opened.close()


def delivered(stop: Stop, place: Place) -> list[Entry]:
    """What lies at a place, but for what was moved aside there after it had landed.

    Raises:
        PlaceUnreachable: it does not answer.
    """
    return [entry for entry in place.list() if not stop.keeping.is_aside(entry.path)]


def archive_of(stop: Stop) -> Archive | None:
    """What keeps a copy of each file that is delivered there, if anything does."""
    folder = stop.keeping.archive
    return Archive(folder, stop.source.name) if folder else None


def make_road(
    stop: Stop,
    request: Request,
    sink: Sink,
    scratch: Path,
    *,
    spend: Callable[[Table, float], None] = lambda table, seconds: None,
    archive: Archive | None = None,
) -> Road:
    """The road to one place, with the limits and the key of pseudonyms of the settings.

    `archive`: what keeps a copy of each file that is read.

    Raises:
        SettingsError: a limit is not a number or a size.
    """
    variables = environment()
    return Road(
        source=stop.source,
        connection=stop.connection,
        tables=stop.here,
        wishes=Wishes(
            tables=frozenset(table.name for table in stop.selected),
            files=request.files,
            year=request.year,
            max_size=request.max_size,
            retry_failed=request.retry_failed,
            rehash=request.rehash,
            reload=request.mode == "full",
        ),
        sink=sink,
        scratch=scratch,
        limits=limits(variables),
        pii_key=pii_key(variables),
        spend=spend,
        archive=archive,
    )
