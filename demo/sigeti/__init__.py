"""SIGETI: the application that attributes lots of industrial zones, as its database stands.

`create` makes day 0. A database remembers its scale, seed and day in the
schema `demo_state`; the same scale, seed and day always give the same rows.
"""

from __future__ import annotations

from psycopg2.extensions import connection as Connection

from demo.sigeti import base
from demo.sigeti.database import Refused, State, Unreachable, connect, keep, lay_out, state, write

DEMO_SCALE, DEMO_SEED = 1, 18
MOST_SCALE, MOST_DAYS = 1000, 3650

__all__ = [
    "DEMO_SCALE",
    "DEMO_SEED",
    "Refused",
    "State",
    "Unreachable",
    "connect",
    "create",
]


def create(connection: Connection, scale: int = DEMO_SCALE, seed: int = DEMO_SEED) -> int:
    """Make the database of day 0; one that the same arguments made stays as it is.

    Returns:
        how many rows were written.

    Raises:
        Refused: if the scale makes no sense, or the database holds something else.
    """
    if not 1 <= scale <= MOST_SCALE:
        raise Refused(f"the scale must be from 1 to {MOST_SCALE}: {scale}")
    with connection, connection.cursor() as cursor:
        found = state(cursor)
        if found is not None:
            if (found.scale, found.seed) != (scale, seed):
                raise Refused(
                    f"the database was made with --scale {found.scale} --seed {found.seed}"
                )
            return 0
        lay_out(cursor)
        world = base.make(scale, seed)
        count = write(cursor, world, world.take_changes())
        keep(cursor, State(scale, seed, 0))
    return count
