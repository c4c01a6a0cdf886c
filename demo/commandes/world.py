"""The order system in memory: its rows by table and key, and what differs between two moments.

A day's content follows from scale, seed and day alone, so that the database is written to and never
read: what other people did to its rows stays done, unless a later change concerns the same row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
Key = tuple[Any, ...]

# The evening of this day is day 0; dates are around it, whatever day it is today.
BASE_DATE = datetime(2025, 11, 15)

# Column -> type, in words that PostgreSQL and MySQL share.
COLUMNS: dict[str, dict[str, str]] = {
    "A_Kopf": {
        "ID": "varchar(32)",
        "AuftragsTyp": "varchar(10)",
        "AuNummer": "integer",
        "AuAlpha": "varchar(5)",
        "KundenNr": "varchar(20)",
        "KundenBez": "varchar(100)",
        "Kommission": "varchar(100)",
        "Bauvorhaben": "varchar(100)",
        "Auftragsart": "varchar(20)",
        "FSystemGrp": "varchar(20)",
        "AufStatus": "varchar(50)",
        "Techniker": "varchar(50)",
        "A_VorMwSt": "decimal(15, 2)",
    },
    "A_Logbuch": {
        "ID": "varchar(32)",
        "ID_A_Kopf": "varchar(32)",
        "Code": "varchar(20)",
        "Bezeichnung": "varchar(100)",
        "Datum": "date",
        "Zeit": "varchar(8)",
        "Benutzer": "varchar(50)",
        "Notiz": "text",
    },
    "A_KopfFreie": {
        "ID_A_Kopf": "varchar(32)",
        "Nummer": "varchar(10)",
        "FeldTyp": "varchar(10)",
        "FeldInhalt": "varchar(50)",
        "Feld1": "varchar(50)",
        "Feld2": "varchar(50)",
        "Feld3": "varchar(50)",
        "Feld5": "varchar(50)",
    },
    "A_Vorgang": {
        "ID_A_Kopf": "varchar(32)",
        "Nummer": "varchar(20)",
        "Bezeichnung": "varchar(100)",
        "Datum": "date",
        "Zeit": "varchar(8)",
        "Benutzer": "varchar(50)",
        "NotizCode": "varchar(20)",
        "NotizText": "text",
        "CodeIntern": "varchar(20)",
        "NLoesch": "varchar(1)",
    },
    "P_Artikel": {
        "ID": "varchar(40)",
        "ID_A_Kopf": "varchar(32)",
        "Position": "integer",
        "ArtikelID": "varchar(40)",
        "Dim1": "decimal(10, 2)",
        "Dim2": "decimal(10, 2)",
        "Dim3": "decimal(10, 2)",
    },
    "P_Zubeh": {
        "ID_A_Kopf": "varchar(32)",
        "Position": "integer",
        "Kennung": "varchar(10)",
        "ZNr": "varchar(10)",
        "ZCode": "varchar(30)",
        "Text": "varchar(100)",
        "Stueck": "decimal(10, 2)",
    },
}
TABLES = tuple(COLUMNS)
BOXES = (
    *("SOP 165", "SOP 180", "SOP 210", "SOP205", "S P 155", "S D 165", "S Q 180", "S T 200"),
    *("S TAB 160", "S TN 240"),
)
HEADERS, LOG, FREE_FIELDS, OPERATIONS, ITEMS, ACCESSORIES = TABLES
# What tells the rows of a table apart; the system itself declares only those named ID.
KEYS = {
    HEADERS: ("ID",),
    LOG: ("ID",),
    FREE_FIELDS: ("ID_A_Kopf", "Nummer"),
    OPERATIONS: ("ID_A_Kopf", "Nummer"),
    ITEMS: ("ID",),
    ACCESSORIES: ("ID_A_Kopf", "Position", "ZNr"),
}


@dataclass
class Change:
    """What one table needs to become another: keys to delete, rows to add, cells to change."""

    deleted: list[Key] = field(default_factory=list)
    inserted: list[Row] = field(default_factory=list)
    updated: list[tuple[Key, Row]] = field(default_factory=list)


class World:
    """Every row of the source. A row that is there is never written to: `put` replaces it."""

    def __init__(self, scale: int, seed: int) -> None:
        self.scale = scale
        self.seed = seed
        self.tables: dict[str, dict[Key, Row]] = {table: {} for table in TABLES}
        # Table and order -> the keys of the rows that belong to it.
        self._of: dict[tuple[str, str], dict[Key, None]] = {}
        # The orders that ever had a box, and are there.
        self._shutters: dict[str, None] = {}
        self.last_entry = 0
        self.last_number = 0

    def random(self, *purpose: object) -> Random:
        """A generator of its own for each purpose: one more draw here moves nothing there."""
        return Random("/".join(map(str, (self.seed, *purpose))))

    def put(self, table: str, row: Row) -> None:
        """Add a row, or replace the one of its key."""
        key = tuple(row[column] for column in KEYS[table])
        self.tables[table][key] = row
        if table != HEADERS:
            self._of.setdefault((table, row["ID_A_Kopf"]), {})[key] = None
        if table == ACCESSORIES and row["ZCode"] in BOXES:
            self._shutters[row["ID_A_Kopf"]] = None

    def remove(self, table: str, row: Row) -> None:
        """Remove a row; a header takes all that belongs to it along."""
        key = tuple(row[column] for column in KEYS[table])
        del self.tables[table][key]
        if table != HEADERS:
            del self._of[table, row["ID_A_Kopf"]][key]
            return
        self._shutters.pop(row["ID"], None)
        for other in TABLES[1:]:
            for one in self.of(other, row["ID"]):
                self.remove(other, one)

    def of(self, table: str, order: str) -> list[Row]:
        """The rows of an order, in the order in which they came."""
        return [self.tables[table][key] for key in self._of.get((table, order), ())]

    def headers(self) -> list[Row]:
        """The orders, in the order in which they came."""
        return list(self.tables[HEADERS].values())

    def boxes(self, order: Row) -> list[Row]:
        """The roller shutter boxes among the accessories of an order."""
        return [row for row in self.of(ACCESSORIES, order["ID"]) if row["ZCode"] in BOXES]

    def shutters(self, *statuses: str) -> list[Row]:
        """The orders with a box, in one of these statuses; in any without."""
        found = (self.tables[HEADERS][order,] for order in self._shutters)
        return [
            order
            for order in found
            if (not statuses or order["AufStatus"] in statuses) and self.boxes(order)
        ]

    def image(self) -> dict[str, dict[Key, Row]]:
        """The rows as they are now; what happens later does not show in it."""
        return {table: dict(rows) for table, rows in self.tables.items()}


def changes(
    before: dict[str, dict[Key, Row]], after: dict[str, dict[Key, Row]]
) -> Iterator[tuple[str, Change]]:
    """What each table needs to become what it is after."""
    for table, rows in after.items():
        known, change = before[table], Change()
        change.deleted = [key for key in known if key not in rows]
        for key, row in rows.items():
            if key not in known:
                change.inserted.append(row)
            elif row is not known[key] and row != known[key]:
                was = known[key]
                change.updated.append(
                    (key, {name: row[name] for name in row if row[name] != was[name]})
                )
        yield table, change


def moment(day: int, draw: Random) -> datetime:
    """A moment within the working hours of a day (0 is the base date)."""
    return BASE_DATE + timedelta(days=day, seconds=draw.randrange(7 * 3600, 18 * 3600))
