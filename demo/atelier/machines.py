"""The three machining centres: what they make, how fast, and when the workshop works.

The figures are those of an ordinary weekday. A worked Saturday is half as long with half the pieces
and fewer stops; with one in ten they give the means of the real workshop: 809, 480 and 334 pieces a
session, occupied for 71.5, 59.9 and 62.7 % of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SATURDAY, SUNDAY = 5, 6

# Speed by the hour of the clock, beside the day's mean: two shifts, 05 to 13 h and 13 to 21 h.
PACE = {
    **{5: 1.05, 6: 1.12, 7: 1.18, 8: 1.18, 9: 1.1, 10: 1.05, 11: 1.0},
    **{14: 1.0, 15: 1.02, 16: 1.0, 17: 0.96, 18: 0.92, 19: 0.9, 20: 0.9},
}


@dataclass(frozen=True)
class Shares:
    """What part of the time from the first to the last piece is waited or stopped."""

    wait: float
    stop: float


@dataclass(frozen=True)
class Profile:
    """A bar that a machine works on: its reference, what it is made of, the colours it comes in."""

    reference: str
    material: str
    colours: tuple[str, ...]


@dataclass(frozen=True)
class Machine:
    """One machining centre.

    Attributes:
        code: its name, which is that of its folder.
        kind: what it works on.
        pieces: pieces of a weekday.
        hours: from the first to the last piece of a weekday.
        weekday, saturday: shares of those hours.
        stops: stops of a weekday, those before the first and after the last piece included.
        outside: seconds stopped before the first and after the last piece.
        lunch: seconds of the long stop between the two shifts.
        lunch_pace: speed from 12 to 14 h, beside the day's mean.
    """

    code: str
    kind: str
    pieces: int
    hours: float
    weekday: Shares
    saturday: Shares
    stops: float
    outside: int
    lunch: int
    lunch_pace: float
    profiles: tuple[Profile, ...]

    def shares(self, day: date) -> Shares:
        """The shares of a kind of day."""
        return self.saturday if day.weekday() == SATURDAY else self.weekday

    def pace(self, hour: int) -> float:
        """The speed in an hour of the clock; the night is as the evening."""
        return self.lunch_pace if hour in (12, 13) else PACE.get(hour, PACE[20])


_PVC = tuple(
    Profile(reference, "PVC", ("654", "WS"))
    for reference in ("6112", "6101", "6107", "6121", "6115", "6105", "6113", "6112C")
)
_ALU = tuple(
    Profile(reference, "ALU", ("7016", "ALU", "LAQ"))
    for reference in ("76281", "141015", "215002", "215023", "GY1104", "GY1113")
)

MACHINES = {
    machine.code: machine
    for machine in (
        Machine(
            code="DEM12",
            kind="PVC",
            pieces=502,
            hours=14.15,
            weekday=Shares(0.157, 0.257),
            saturday=Shares(0.135, 0.205),
            stops=18.9,
            outside=3400,
            lunch=2900,
            lunch_pace=0.69,
            profiles=_PVC,
        ),
        Machine(
            code="DEMALU",
            kind="ALU",
            pieces=352,
            hours=12.95,
            weekday=Shares(0.110, 0.279),
            saturday=Shares(0.080, 0.190),
            stops=16.9,
            outside=2800,
            lunch=3200,
            lunch_pace=0.72,
            profiles=_ALU,
        ),
        Machine(
            code="SU12",
            kind="HYBRIDE",
            pieces=848,
            hours=14.95,
            weekday=Shares(0.162, 0.138),
            saturday=Shares(0.130, 0.090),
            stops=27.6,
            outside=240,
            lunch=1260,
            lunch_pace=0.68,
            profiles=(*_PVC, *_ALU),
        ),
    )
}


def works(day: date) -> bool:
    """Whether the workshop works on that day: every second Saturday, no Sunday."""
    if day.weekday() == SATURDAY:
        return day.toordinal() // 7 % 2 == date(2025, 5, 10).toordinal() // 7 % 2
    return day.weekday() != SUNDAY
