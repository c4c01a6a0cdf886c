"""ERP: the tables of Proginov on Progress OpenEdge, as PostgreSQL stands in for it.

`create` makes day 0, `advance` lets days pass, `spoil` puts in what can go wrong. A database
remembers its scale, seed and day in the schema `demo_state`; the same scale, seed and day always
give the same rows. Everything is worked out by the server: no row passes through Python.

`columns` says how a column is written as SQL, `generic` makes the hundreds that nobody asked for,
`codes`, `parties`, `products` and `orders` state the tables, `tables` writes them, `days` says what
happens on a day, `faults` what goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from psycopg2.extensions import cursor as Cursor

from demo.database import Refused, Source, State, Unreachable, connect
from demo.erp import days, tables
from demo.erp.faults import FAULTS
from demo.erp.size import BASE_DATE, ROWS, Making

DEMO_SCALE, DEMO_SEED = 0.02, 41
SCALES = (0.001, 50)
TABLES = tuple(ROWS)

__all__ = [
    "BASE_DATE",
    "DEMO_SCALE",
    "DEMO_SEED",
    "SOURCE",
    "TABLES",
    "Refused",
    "State",
    "Unreachable",
    "advance",
    "connect",
    "create",
    "spoil",
    "standing",
]


def _fill(cursor: Cursor, wanted: State) -> int:
    return tables.fill(cursor, Making(wanted.scale, wanted.seed))


def _days(now: State) -> Callable[[Cursor, int], int]:
    return lambda cursor, day: days.write_day(cursor, now.scale, now.seed, day)


SOURCE = Source("erp", SCALES, DEMO_SCALE, DEMO_SEED, _fill, _days, FAULTS)
create, advance, spoil, standing = SOURCE.create, SOURCE.advance, SOURCE.spoil, SOURCE.standing
