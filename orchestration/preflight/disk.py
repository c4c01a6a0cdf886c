"""Room on the disks that a run writes to."""

from __future__ import annotations

import shutil
from pathlib import Path

from ingest.server.state import read_state
from ingest.settings import LOG_DIR, ROOT, STATE_DIR, Warehouse
from orchestration.preflight.model import TOOL, WAREHOUSE, Check

GIB = 2**30
# A first load of all sources needs some gigabytes; with less than one a server stops.
LOW, OUT = 5 * GIB, 1 * GIB


def check_disk(chosen: Warehouse | None) -> list[Check]:
    """One check per disk that holds the embedded server's data, working files, logs or builds."""
    places = {"working files": STATE_DIR, "logs": LOG_DIR, "builds": ROOT}
    state = read_state()
    if chosen is not None and chosen.embedded and state is not None:
        places = {"data of the embedded server": Path(state.data), **places}
    by_disk: dict[int, tuple[list[str], Path]] = {}
    for what, path in places.items():
        there = next(folder for folder in (path, *path.parents) if folder.exists())
        by_disk.setdefault(there.stat().st_dev, ([], there))[0].append(what)
    return [_room(what, path) for what, path in by_disk.values()]


def _room(what: list[str], path: Path) -> Check:
    free = shutil.disk_usage(path).free
    said = f"{free / GIB:.1f} GiB free for {', '.join(what)}"
    if free >= LOW:
        return Check("disk", "OK", said)
    mend = f"make room on the disk of {path} (5 GiB are enough for a first load)"
    if free >= OUT:
        return Check("disk", "WARNING", said, mend, TOOL)
    return Check("disk", "FAIL", said, mend, WAREHOUSE)
