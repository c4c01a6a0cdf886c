"""SIGETI: the application that attributes lots of industrial zones, as its database stands.

`create` makes day 0, `advance` lets days pass, `spoil` puts in what can go wrong. A database
remembers its scale, seed and day in the schema `demo_state`; the same scale, seed and day always
give the same rows. `content` is the same in memory, without the faults.

Each module states the rules of the real application that it follows: `reference` its set-up,
`estate` companies and lots, `workflow` the twelve steps of a request, `billing` and `campaigns` the
money, `base` the past until the base date, `days` what happens on a day, `faults` what goes wrong.
"""

from __future__ import annotations

from dataclasses import replace

from psycopg2.extensions import connection as Connection

from demo.sigeti import base, days, faults
from demo.sigeti.database import (
    Refused,
    State,
    Unreachable,
    connect,
    keep,
    lay_out,
    state,
    transaction,
    write,
)
from demo.sigeti.world import BASE_DATE, TABLES, World

DEMO_SCALE, DEMO_SEED = 1, 18
MOST_SCALE, MOST_DAYS = 1000, 3650

__all__ = [
    "BASE_DATE",
    "DEMO_SCALE",
    "DEMO_SEED",
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


def standing(connection: Connection) -> State | None:
    """What the database holds; nothing if the demo never wrote to it."""
    with transaction(connection) as cursor:
        return state(cursor)


def create(connection: Connection, scale: int = DEMO_SCALE, seed: int = DEMO_SEED) -> int:
    """Make the database of day 0; one that the same arguments made stays as it is, at its day.

    Returns:
        how many rows were written.

    Raises:
        Refused: if the scale makes no sense, or the database holds something else.
        Unreachable: if it cannot be written to.
    """
    if not 1 <= scale <= MOST_SCALE:
        raise Refused(f"the scale must be from 1 to {MOST_SCALE}: {scale}")
    with transaction(connection) as cursor:
        found = state(cursor)
        if found is not None:
            if (found.scale, found.seed) != (scale, seed):
                raise Refused(
                    f"the database was made with --scale {found.scale} --seed {found.seed}; "
                    "ask for the same, or for another database"
                )
            return 0
        lay_out(cursor)
        world = base.make(scale, seed)
        count = write(cursor, world, world.take_changes())
        keep(cursor, State(scale, seed, 0))
    return count


def advance(connection: Connection, to_day: int) -> int:
    """Let days pass until that day; each is written whole or not at all.

    Returns:
        how many rows were inserted, updated and deleted.

    Raises:
        Refused: if the database is beyond that day, or was never created.
        Unreachable: if it cannot be written to.
    """
    if not 0 <= to_day <= MOST_DAYS:
        raise Refused(f"the day must be from 0 to {MOST_DAYS}: {to_day}")
    with transaction(connection) as cursor:
        now = _known(state(cursor))
    if now.day > to_day:
        raise Refused(f"the database stands at day {now.day}, and no day comes back: {to_day}")
    if now.day == to_day:
        return 0
    world = content(now.scale, now.seed, now.day)
    world.take_changes()
    count = 0
    for day in range(now.day + 1, to_day + 1):
        days.pass_day(world, day)
        with transaction(connection) as cursor:
            if state(cursor) != now:
                raise Refused("another run lets days pass in this database")
            count += write(cursor, world, world.take_changes())
            now = replace(now, day=day)
            keep(cursor, now)
    return count


def spoil(connection: Connection) -> int:
    """Put in what can go wrong, once; it stays while days pass.

    Returns:
        how many rows were spoilt now.

    Raises:
        Refused: if the database was never created.
        Unreachable: if it cannot be written to.
    """
    with transaction(connection) as cursor:
        now = _known(state(cursor))
        if now.faults_day is not None:
            return 0
        count = faults.put_in(cursor)
        keep(cursor, replace(now, faults_day=now.day))
    return count


def _known(found: State | None) -> State:
    if found is None:
        raise Refused("this demo never wrote to the database")
    return found
