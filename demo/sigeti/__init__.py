"""SIGETI: the application that attributes lots of industrial zones, as its database stands.

`create` makes day 0, `advance` lets days pass, `spoil` puts in what can go wrong. A database
remembers its scale, seed and day in the schema `demo_state`; the same scale, seed and day always
give the same rows. `content` is the same in memory, without the faults.

Each module states the rules of the real application that it follows: `reference` its set-up,
`estate` companies and lots, `workflow` the twelve steps of a request, `billing` and `campaigns` the
money, `base` the past until the base date, `days` what happens on a day, `faults` what goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from psycopg2.extensions import cursor as Cursor

from demo.database import Refused, Source, State, Unreachable, connect
from demo.sigeti import base, days
from demo.sigeti.database import lay_out, write
from demo.sigeti.faults import FAULTS
from demo.sigeti.world import BASE_DATE, TABLES, World

DEMO_SCALE, DEMO_SEED = 1, 18
MOST_SCALE = 1000

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
    world = base.make(scale, seed)
    for passed in range(1, day + 1):
        days.pass_day(world, passed)
    return world


def _fill(cursor: Cursor, wanted: State) -> int:
    lay_out(cursor)
    world = base.make(int(wanted.scale), wanted.seed)
    return write(cursor, world, world.take_changes())


def _days(now: State) -> Callable[[Cursor, int], int]:
    world = content(int(now.scale), now.seed, now.day)
    world.take_changes()

    def write_day(cursor: Cursor, day: int) -> int:
        days.pass_day(world, day)
        return write(cursor, world, world.take_changes())

    return write_day


SOURCE = Source("sigeti", (1, MOST_SCALE), DEMO_SCALE, DEMO_SEED, _fill, _days, FAULTS)
create, advance, spoil, standing = SOURCE.create, SOURCE.advance, SOURCE.spoil, SOURCE.standing
