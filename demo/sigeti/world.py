"""The database in memory: its rows, and which of them changed since it was last written.

A day's content follows from scale, seed and day alone, so that the database is written to and never
read: what other people did to its rows stays done, unless a later change concerns the same row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]

# The day on which the real tables were counted; day 0 is this day's evening.
BASE_DATE = datetime(2025, 11, 15, tzinfo=UTC)

# In the order in which they are made: what is referred to comes first.
TABLES = (
    "zones_industrielles",
    "domaines_activites",
    "tarifs",
    "agents",
    "operateurs",
    "entreprises",
    "lots",
    "demandes_attribution",
    "demande_attribution_lots",
    "historique_demandes",
    "commissions",
    "decisions_commission",
    "collectes",
    "collecte_zones",
    "collecte_agents",
    "factures",
    "detail_factures",
    "paiement_factures",
)
# When a row was made and last changed; tables without such columns can only be read whole.
_USUAL = ("created_at", "updated_at")
MARKS: dict[str, tuple[str, str] | None] = {
    **dict.fromkeys(TABLES, _USUAL),
    "entreprises": ("date_creation", "date_modification"),
    "domaines_activites": None,
    "tarifs": None,
}


# The references that are followed backwards; they never change.
FOLLOWED = {
    "demande_attribution_lots": "demande_attribution_id",
    "commissions": "date_commission",
    "factures": "demande_attribution_id",
    "detail_factures": "facture_id",
    "paiement_factures": "facture_id",
}


@dataclass
class Changes:
    """What was inserted, updated (with the columns) and deleted, by table and id."""

    inserted: dict[str, dict[int, None]] = field(default_factory=dict)
    updated: dict[str, dict[int, dict[str, None]]] = field(default_factory=dict)
    deleted: dict[str, dict[int, None]] = field(default_factory=dict)


class World:
    """Every row of the source, by table and id."""

    def __init__(self, scale: int, seed: int) -> None:
        self.scale = scale
        self.seed = seed
        self.tables: dict[str, dict[int, Row]] = {table: {} for table in TABLES}
        self.changes = Changes()
        self._last_id = dict.fromkeys(TABLES, 0)
        self._last_number: dict[tuple[str, int], int] = {}
        self._turns: dict[str, int] = {}
        self._followed: dict[tuple[str, Any], dict[int, None]] = {}

    def random(self, *purpose: object) -> Random:
        """A generator of its own for each purpose: one more draw here moves nothing there."""
        return Random("/".join(map(str, (self.seed, *purpose))))

    def reference(self, prefix: str, at: datetime) -> str:
        """The next reference of a kind and year, as `FAC-2025-0042`."""
        number = self._last_number.get((prefix, at.year), 0) + 1
        self._last_number[prefix, at.year] = number
        return f"{prefix}-{at.year}-{number:04d}"

    def turn(self, name: str) -> int:
        """0, 1, 2 ...: how often this was asked, for what is dealt in turn."""
        self._turns[name] = self._turns.get(name, -1) + 1
        return self._turns[name]

    def of(self, table: str, value: Any) -> list[Row]:
        """The rows of a table that refer to that value (see FOLLOWED), by id."""
        return [self.tables[table][key] for key in self._followed.get((table, value), ())]

    def rows(self, table: str) -> list[Row]:
        """The rows of a table, in the order of their ids."""
        return list(self.tables[table].values())

    def insert(self, table: str, at: datetime | None = None, **values: Any) -> Row:
        """Add a row that was made at that moment; its id is the next of the table."""
        self._last_id[table] += 1
        row: Row = {"id": self._last_id[table], **values}
        marks = MARKS[table]
        if marks is not None:
            row.update(dict.fromkeys(marks, at))
        self.tables[table][row["id"]] = row
        if table in FOLLOWED:
            self._followed.setdefault((table, row[FOLLOWED[table]]), {})[row["id"]] = None
        self.changes.inserted.setdefault(table, {})[row["id"]] = None
        return row

    def update(self, table: str, row: Row, at: datetime | None, **values: Any) -> None:
        """Change a row; `at` is the moment that it then shows, None if it keeps its own."""
        marks = MARKS[table]
        if marks is not None and at is not None:
            values[marks[1]] = at
        row.update(values)
        if row["id"] in self.changes.inserted.get(table, {}):
            return
        touched = self.changes.updated.setdefault(table, {}).setdefault(row["id"], {})
        touched.update(dict.fromkeys(values))

    def delete(self, table: str, row: Row) -> None:
        """Remove a row for good."""
        key = row["id"]
        del self.tables[table][key]
        if table in FOLLOWED:
            del self._followed[table, row[FOLLOWED[table]]][key]
        self.changes.updated.get(table, {}).pop(key, None)
        if key in self.changes.inserted.get(table, {}):
            del self.changes.inserted[table][key]
        else:
            self.changes.deleted.setdefault(table, {})[key] = None

    def take_changes(self) -> Changes:
        """Return what changed since the last call."""
        taken, self.changes = self.changes, Changes()
        return taken


def opening(at: datetime) -> datetime:
    """A moment of the same day within opening hours; what came first stays first."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=8 * 3600 + (at - midnight).total_seconds() * 10 // 24)


def moment(day: int, draw: Random, first_hour: int = 8, last_hour: int = 18) -> datetime:
    """A moment within the opening hours of a day (0 is the base date)."""
    seconds = draw.randrange(first_hour * 3600, last_hour * 3600)
    return BASE_DATE + timedelta(days=day, seconds=seconds)
