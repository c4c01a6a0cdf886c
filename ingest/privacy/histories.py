"""Which snapshot keeps the history of which source table, as the project's YAML declares it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ingest.catalog.documents import load
from ingest.parts import Destination
from ingest.settings import ROOT

_SOURCE = re.compile(r"source\(\s*'(\w+)'\s*,\s*'(\w+)'\s*\)")
_NAME = re.compile(r"snap_([a-z0-9]+)__(\w+)")
VALID_TO = "dbt_valid_to"


def histories(project: Path = ROOT) -> Mapping[tuple[str, str], Destination]:
    """(source, table) -> the snapshot of its image.

    One whose `relation` is a model (a view that adds a key to a table) is that of the table which
    its name says.

    Raises:
        CatalogError: a file cannot be read.
    """
    found: dict[tuple[str, str], Destination] = {}
    for path in sorted((project / "snapshots").glob("*.yml")):
        document = load(path, path.relative_to(project).as_posix())
        for entry in document.get("snapshots") or []:
            to = Destination((entry.get("config") or {}).get("schema", "ods"), entry["name"])
            read = _SOURCE.search(str(entry.get("relation"))) or _NAME.fullmatch(entry["name"])
            if read:
                found[read[1], read[2]] = to
    return found
