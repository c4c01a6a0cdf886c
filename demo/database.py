"""What the demos of source databases share: a connection, one writer at a time, what they hold.

A `Source` makes day 0, lets days pass and puts faults in. Its scale, seed and day are kept in the
schema `demo_state` of the database that it makes (in MySQL, in a table `demo_state_<source>`); the
same three always give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from demo.engines import Connection, Cursor, Refused, Unreachable, engine_of, said
from demo.engines import connect as connect_to

__all__ = ["Cursor", "Fault", "Refused", "Source", "State", "Unreachable", "connect"]

MOST_DAYS = 3650


@dataclass(frozen=True)
class State:
    """What a database holds."""

    scale: float
    seed: int
    day: int
    faults_day: int | None = None  # the day on which what can go wrong was put in


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, and how it is put into a table."""

    name: str
    table: str
    statement: str


def put_in(cursor: Cursor, faults: tuple[Fault, ...]) -> int:
    """Put every fault in; return the number of rows concerned."""
    count = 0
    for fault in faults:
        cursor.execute(fault.statement)
        count += cursor.rowcount
    return count


def connect(url: str) -> Connection:
    """Open a connection to PostgreSQL, in UTF8 and UTC.

    Raises:
        Refused: if the address is not one of PostgreSQL.
        Unreachable: if the server does not answer or refuses the login.
    """
    return connect_to(url, ("postgresql", "postgres"))


def refuse_rows(cursor: Cursor, schema: str | None, tables: tuple[str, ...]) -> None:
    """Make sure that tables which were found hold nothing.

    Args:
        schema: where they are; none for the connection's own.

    Raises:
        Refused: if one of them holds rows: they are not ours.
    """
    for table in tables:
        path = [schema, table] if schema else [table]
        name = ".".join(f'"{part}"' for part in path)
        cursor.execute(f"select 1 from {name} limit 1")
        if cursor.fetchone():
            raise Refused(f"the table {'.'.join(path)} holds rows that this demo did not make")


@dataclass(frozen=True)
class Source:
    """A source database that the demo makes.

    Args:
        name: what its state is remembered under.
        scales: the lowest and the highest scale that make sense.
        scale: the scale unless another is asked for.
        seed: the seed unless another is asked for.
        fill: lays out an empty database and writes day 0; returns the rows written.
        days: given where a database stands, returns what writes one later day after the other.
        faults: what can go wrong.
        connect: opens a connection to a server that it can be made in.
    """

    name: str
    scales: tuple[float, float]
    scale: float
    seed: int
    fill: Callable[[Cursor, State], int]
    days: Callable[[State], Callable[[Cursor, int], int]]
    faults: tuple[Fault, ...]
    connect: Callable[[str], Connection] = connect

    @contextmanager
    def transaction(self, connection: Connection) -> Iterator[Cursor]:
        """Write in one transaction, alone; on any error nothing is written.

        Raises:
            Unreachable: if the database cannot be written to.
        """
        engine = engine_of(connection)
        try:
            with engine.alone(connection, self.name) as cursor:
                yield cursor
        except engine.errors as error:
            raise Unreachable(f"cannot write: {said(error)}") from error

    def standing(self, connection: Connection) -> State | None:
        """What the database holds; nothing if the demo never wrote to it."""
        with self.transaction(connection) as cursor:
            return self._state(cursor)

    def create(
        self, connection: Connection, scale: float | None = None, seed: int | None = None
    ) -> int:
        """Make the database of day 0; one that the same arguments made stays, at its day.

        Returns:
            how many rows were written.

        Raises:
            Refused: if the scale makes no sense, or the database holds something else.
            Unreachable: if it cannot be written to.
        """
        wanted = State(
            self.scale if scale is None else scale, self.seed if seed is None else seed, 0
        )
        least, most = self.scales
        if not least <= wanted.scale <= most:
            raise Refused(f"the scale must be from {least:g} to {most:g}: {wanted.scale:g}")
        with self.transaction(connection) as cursor:
            found = self._state(cursor)
            if found is not None:
                if (found.scale, found.seed) != (wanted.scale, wanted.seed):
                    raise Refused(
                        f"the database was made with --scale {found.scale:g} --seed {found.seed}; "
                        "ask for the same, or for another database"
                    )
                return 0
            self._make_room(cursor)
            count = self.fill(cursor, wanted)
            self._keep(cursor, wanted)
        return count

    def advance(self, connection: Connection, to_day: int) -> int:
        """Let days pass until that day; each is written whole or not at all.

        Returns:
            how many rows were inserted, updated and deleted.

        Raises:
            Refused: if the database is beyond that day, or was never created.
            Unreachable: if it cannot be written to.
        """
        if not 0 <= to_day <= MOST_DAYS:
            raise Refused(f"the day must be from 0 to {MOST_DAYS}: {to_day}")
        with self.transaction(connection) as cursor:
            now = self._known(cursor)
        if now.day > to_day:
            raise Refused(f"the database stands at day {now.day}, and no day comes back: {to_day}")
        if now.day == to_day:
            return 0
        write_day = self.days(now)
        count = 0
        for day in range(now.day + 1, to_day + 1):
            with self.transaction(connection) as cursor:
                if self._state(cursor) != now:
                    raise Refused("another run lets days pass in this database")
                count += write_day(cursor, day)
                now = replace(now, day=day)
                self._keep(cursor, now)
        return count

    def spoil(self, connection: Connection) -> int:
        """Put in what can go wrong, once; it stays while days pass.

        Returns:
            how many rows were spoilt now.

        Raises:
            Refused: if the database was never created.
            Unreachable: if it cannot be written to.
        """
        with self.transaction(connection) as cursor:
            now = self._known(cursor)
            if now.faults_day is not None:
                return 0
            count = put_in(cursor, self.faults)
            self._keep(cursor, replace(now, faults_day=now.day))
        return count

    def _make_room(self, cursor: Cursor) -> None:
        engine = engine_of(cursor.connection)
        for statement in engine.before:
            cursor.execute(statement)
        cursor.execute(
            f"create table if not exists {engine.room(self.name)} "
            "(scale double precision not null, seed integer not null, day integer not null, "
            "faults_day integer)"
        )

    def _state(self, cursor: Cursor) -> State | None:
        engine = engine_of(cursor.connection)
        cursor.execute(engine.find, (self.name,))
        (known,) = cursor.fetchone() or (None,)
        if known is None:
            return None
        cursor.execute(f"select scale, seed, day, faults_day from {engine.room(self.name)}")
        found = cursor.fetchone()
        return State(*found) if found else None

    def _known(self, cursor: Cursor) -> State:
        found = self._state(cursor)
        if found is None:
            raise Refused("this demo never wrote to the database")
        return found

    def _keep(self, cursor: Cursor, now: State) -> None:
        room = engine_of(cursor.connection).room(self.name)
        cursor.execute(f"delete from {room}")
        cursor.execute(
            f"insert into {room} (scale, seed, day, faults_day) values (%s, %s, %s, %s)",
            (now.scale, now.seed, now.day, now.faults_day),
        )
