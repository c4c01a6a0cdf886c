"""What `entrepot backup` and `entrepot restore` say at their end, for 80 columns or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from orchestration.backup.manifest import Manifest, file_of
from orchestration.backup.restoring import Restored


def backup_as_table(folder: Path, manifest: Manifest, removed: Sequence[Path]) -> str:
    """The parts of a new backup, and where it is."""
    lines = [
        [part, len(own), f"{sum(kept.rows for kept in own):,}", _size(folder / file_of(part))]
        for part in manifest.parts
        for own in [manifest.of(part)]
    ]
    table = tabulate(
        lines,
        headers=["part", "tables", "rows", "size"],
        colalign=("left", "right", "right", "right"),
        disable_numparse=True,
    )
    said = [table, f"Written and read back: {folder}"]
    said += [f"Removed: {path.name}" for path in removed]
    if not manifest.has_all_raw:
        said.append("Left out: raw tables that a database or an archive gives again (--raw).")
    said.append("Not in it: ENTREPOT_PII_KEY and the rest of .env. Keep those elsewhere.")
    return "\n".join(said)


def backup_as_json(folder: Path, manifest: Manifest, removed: Sequence[Path]) -> str:
    """The same for a program."""
    return json.dumps(
        {
            "folder": str(folder),
            "moment": manifest.moment,
            "tables": {kept.name: kept.rows for kept in manifest.tables},
            "removed": [str(path) for path in removed],
        },
        ensure_ascii=False,
        indent=2,
    )


def restored(made: Restored) -> str:
    """What came back, and what is to be done now."""
    return "\n".join(
        [
            f"{len(made.manifest.tables)} tables with {made.rows:,} rows are as they were at "
            f"{made.manifest.moment[:19]} UTC.",
            "Now run, in this order:",
            *(f"  {command}" for command in made.todo),
        ]
    )


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1024**2:,.1f} MB" if size >= 1024**2 else f"{size / 1024:,.1f} kB"
