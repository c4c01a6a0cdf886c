"""The page that says what is in a backup: manifest.json, beside the files of pg_dump."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ingest.settings import SettingsError
from orchestration.backup.contents import PARTS, Kept, Part

NAME = "manifest.json"
MADE_BY = "entrepot backup"
FORMAT = 1


@dataclass(slots=True)
class Manifest:
    """What a backup holds.

    `moment`: of the snapshot, ISO in UTC. `files`: SHA-256 of each file, by name. `has_all_raw`:
    whether raw is in it whole.
    """

    version: str
    target: str
    database: str
    moment: str
    run_id: str
    server_version: int
    has_all_raw: bool
    tables: list[Kept]
    files: dict[str, str] = field(default_factory=dict)

    def of(self, part: Part) -> list[Kept]:
        """The tables of one part."""
        return [kept for kept in self.tables if kept.part == part]

    @property
    def parts(self) -> Sequence[Part]:
        """The parts that have tables, in the order in which they are restored."""
        return [part for part in PARTS if self.of(part)]

    def as_json(self) -> str:
        values = {"made_by": MADE_BY, "format": FORMAT, **asdict(self)}
        return json.dumps(values, ensure_ascii=False, indent=1)


def file_of(part: Part) -> str:
    """The name of the file that holds a part."""
    return f"{part}.dump"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        SettingsError: the folder is not there, is no backup, or one of a later version.
    """
    values = _values(folder)
    if values is None:
        raise SettingsError(f"{folder} is no backup: it has no {NAME} of `entrepot backup`")
    if values.pop("format", None) != FORMAT:
        raise SettingsError(f"{folder} was made by a later version of Entrepôt; restore with that")
    del values["made_by"]
    try:
        tables = [Kept(**{**one, "columns": tuple(one["columns"])}) for one in values.pop("tables")]
        return Manifest(tables=tables, **values)
    except (KeyError, TypeError):
        raise SettingsError(f"{folder / NAME} is damaged: take another backup") from None


def moment_of(folder: Path, database: str, target: str) -> str | None:
    """When `entrepot backup` made this folder; None for one that it has not, or of another."""
    values = _values(folder) or {}
    is_own = (values.get("database"), values.get("target")) == (database, target)
    return values.get("moment") if is_own else None


def _values(folder: Path) -> dict[str, Any] | None:
    try:
        values = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_ours = isinstance(values, dict) and values.get("made_by") == MADE_BY
    return values if is_ours else None
