"""Commandes: the order system of a joinery maker, as its tables stand in MySQL or PostgreSQL.

`create` makes day 0, `advance` lets days pass, `spoil` puts in what can go wrong. A database
remembers its scale, seed and day; the same three always give the same rows, in either kind of
database. `content` is the same in memory, without the faults.

`people` are those whose names stand there, `orders` makes day 0, `days` says what happens on a day,
`faults` what goes wrong, `tables` writes.
"""

from __future__ import annotations

from collections.abc import Callable

from demo.commandes import days, orders, tables
from demo.commandes.faults import FAULTS
from demo.commandes.world import BASE_DATE, TABLES, World, changes
from demo.database import Cursor, Refused, Source, State, Unreachable
from demo.engines import connect

DEMO_SCALE, DEMO_SEED = 1, 36
MOST_SCALE = 100

__all__ = [
    "BASE_DATE",
    "DEMO_SCALE",
    "DEMO_SEED",
    "SOURCE",
    "TABLES",
    "Refused",
    "State",
    "Unreachable",
    "World",
    "advance",
    "connect",
    "content",
    "create",
    "spoil",
    "standing",
]


def content(scale: int = DEMO_SCALE, seed: int = DEMO_SEED, day: int = 0) -> World:
    """Every row that the database holds on a day."""
    world = World(scale, seed)
    orders.fill(world)
    for passed in range(1, day + 1):
        days.pass_day(world, passed)
    return world


def _fill(cursor: Cursor, wanted: State) -> int:
    tables.lay_out(cursor)
    world = World(int(wanted.scale), wanted.seed)
    nothing = world.image()
    orders.fill(world)
    return tables.write(cursor, changes(nothing, world.tables))


def _days(now: State) -> Callable[[Cursor, int], int]:
    world = content(int(now.scale), now.seed, now.day)

    def write_day(cursor: Cursor, day: int) -> int:
        before = world.image()
        days.pass_day(world, day)
        return tables.write(cursor, changes(before, world.tables))

    return write_day


SOURCE = Source(
    "commandes", (1, MOST_SCALE), DEMO_SCALE, DEMO_SEED, _fill, _days, FAULTS, connect=connect
)
create, advance, spoil, standing = SOURCE.create, SOURCE.advance, SOURCE.spoil, SOURCE.standing
