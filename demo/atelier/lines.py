"""A shift as the machine writes it: `20250528 05:03:35|@StukUitgevoerd: 1`, in latin-1, CRLF.

`StukUitgevoerd` is a finished piece, `MachineWait` a wait and how long, `MachineStop` and
`MachineStart` what they say, `JobProfiel` a bar that was loaded. Other events occur.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from demo.atelier.machines import Machine, Profile
from demo.atelier.shift import Shift

END = b"\r\n"
PIECES_PER_BAR = (6, 14)
BARS_PER_SERIES = (2, 8)
# What else a machine writes; nobody explained it. The last word needs its letters in latin-1.
OTHER_EVENTS = ("Storing: 12", "Gereedschapwissel: T4", "Operator: relève d'équipe")
REMARKS = ("", "", "", "", "", "", "", "", "", "", "", " retouché", " côté gauche")
# Events of one second: a start comes first, a stop last.
_START, _BAR, _PIECE, _OTHER, _WAIT, _STOP = range(6)


@dataclass(frozen=True)
class Line:
    """A line of a log: its moment and what follows the stamp."""

    moment: datetime
    text: str

    @property
    def written(self) -> bytes:
        """The line without its end."""
        return f"{self.moment:%Y%m%d %H:%M:%S}{self.text}".encode("latin-1")


def event(moment: datetime, name: str) -> Line:
    """A line that says that something happened."""
    return Line(moment, f"|@{name}")


def lines(machine: Machine, day: date, of: Shift, draw: Random) -> list[Line]:
    """Every line of a shift, in the order of time."""
    found: list[tuple[int, int, str]] = [(of.start, _START, "MachineStart")]
    for stop in of.stops:
        found.append((stop.start, _STOP, "MachineStop"))
        found.append((stop.end, _START, "MachineStart"))
    found.append((of.end, _STOP, "MachineStop"))
    for wait in of.waits:
        found.append((wait.start, _WAIT, f"MachineWait: {_seconds(wait.length, draw)}"))
    for number, piece in enumerate(of.pieces, 1):
        found.append((piece, _PIECE, f"StukUitgevoerd: {number}{draw.choice(REMARKS)}"))
    for moment in draw.sample(of.pieces, min(4, len(of.pieces))):
        found.append((moment, _OTHER, draw.choice(OTHER_EVENTS)))
    found += _bars(machine, of.pieces, draw)
    midnight = datetime.combine(day, datetime.min.time())
    return [
        event(midnight + timedelta(seconds=second), text)
        for second, _, text in sorted(found, key=lambda one: one[:2])
    ]


def body(written: Iterable[Line]) -> bytes:
    """The file that these lines make."""
    return b"".join(line.written + END for line in written)


def _seconds(length: int, draw: Random) -> str:
    """How long a wait was: whole seconds as a rule, now and then a bare decimal number."""
    return f"{length}.0" if draw.random() < 0.03 else f"{length} sec"


def _bars(machine: Machine, pieces: list[int], draw: Random) -> list[tuple[int, int, str]]:
    """A bar before the first piece and after every few of them; some bars in a row are alike."""
    found = []
    moment, place = pieces[0] - 25, 0
    while True:
        said = _bar(draw.choice(machine.profiles), draw)
        for _ in range(draw.randint(*BARS_PER_SERIES)):
            found.append((moment, _BAR, said))
            place += draw.randint(*PIECES_PER_BAR)
            if place >= len(pieces):
                return found
            moment = pieces[place - 1] + 1


def _bar(profile: Profile, draw: Random) -> str:
    """Whole bars are 4.9 to 6.2 m long; now and then one is what was left of another."""
    length = draw.randint(20_000, 40_000) if draw.random() < 0.03 else draw.randint(49_000, 62_000)
    colour = draw.choice(profile.colours)
    return f"JobProfiel: R:{profile.reference} L:{length / 10:.1f} C:{colour} G {profile.material}"
