"""A day of a machine: when it stops, when a piece is done, when it waits.

The totals of the day are drawn first and then met exactly: stops cut the time from the first to
the last piece into runs, the pieces are spread over these runs by the pace of the hour, and waits
fill a part of the gaps between two pieces. Moments are seconds since midnight.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate, pairwise
from random import Random

from demo.atelier.machines import SATURDAY, Machine

HOUR = 3600
OPENS, LUNCH = 5 * HOUR, 12 * HOUR + 30 * 60
LONGEST = int(15.4 * HOUR)
LEAST_GAP = 8  # seconds between two pieces for a wait to fit in


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds since midnight."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass
class Shift:
    """What a machine does on a day; the last stop, after which nothing comes, has no span."""

    start: int
    end: int
    pieces: list[int]
    stops: list[Span]
    waits: list[Span] = field(default_factory=list)


def shift(machine: Machine, day: date, draw: Random) -> Shift:
    """Lay out one day of a machine."""
    size = 0.5 if day.weekday() == SATURDAY else 1.0
    shares = machine.shares(day)
    window = min(round(machine.hours * HOUR * size * _around(draw, 0.04)), LONGEST)
    waited = round(window * shares.wait * _around(draw, 0.05))
    stopped = round(window * shares.stop * _around(draw, 0.06))
    outside = round(machine.outside * size * _around(draw, 0.1))
    count = max(5, round(machine.stops * size * _around(draw, 0.1) + draw.uniform(-0.5, 0.5)))

    start = OPENS + draw.randint(0, 120)
    before = Span(start + 30, start + 30 + outside // 5)
    first = before.end + draw.randint(60, 120)
    # One more before the first piece, one after the last, and the one that ends the day.
    stops = _stops(machine, first, window, stopped, count - 3, draw)
    pieces = _pieces(machine, _runs(first, window, stops), machine.pieces, size, draw)
    last = pieces[-1]
    after = Span(last + 40, last + 40 + outside * 4 // 5)
    waits = _waits(pieces, stops, waited, draw)
    waits.append(Span(before.end + 5, before.end + 5 + draw.randint(20, 45)))
    waits += [Span(stop.start + 2, stop.start + 2 + stop.length // 3) for stop in stops[4:6]]
    return Shift(start, after.end + 60, pieces, [before, *stops, after], waits)


def _around(draw: Random, spread: float) -> float:
    """A factor around 1, at most three times the spread away."""
    return 1 + min(max(draw.gauss(0, spread), -3 * spread), 3 * spread)


def _stops(
    machine: Machine, first: int, window: int, stopped: int, count: int, draw: Random
) -> list[Span]:
    """Stops between the first and the last piece: so many, of that total length."""
    lunch = machine.lunch if first + window > LUNCH + 2 * HOUR else 0
    lengths = _lengths(stopped - lunch, count - (1 if lunch else 0), draw)
    # Where they come, counted in time that is not stopped.
    places = sorted(draw.sample(range(60, window - stopped - 60), len(lengths)))
    begins = LUNCH + draw.randint(-300, 300)
    found: list[Span] = []
    gone = 0
    for place, length in [*zip(places, lengths, strict=True), (window - stopped, 0)]:
        if lunch and first + place + gone >= begins:
            start = max(begins, found[-1].end + 30 if found else first)
            found.append(Span(start, start + lunch))
            gone, lunch = gone + lunch, 0
        if length:
            start = max(first + place + gone, found[-1].end + 1 if found else first)
            found.append(Span(start, start + length))
            gone += length
    return found


def _lengths(total: int, count: int, draw: Random) -> list[int]:
    """So many lengths of that total: many short ones, few long ones."""
    weights = [draw.lognormvariate(0, 0.65) for _ in range(count)]
    edges = [round(total * part / sum(weights)) for part in accumulate(weights)]
    return [max(1, end - start) for start, end in pairwise([0, *edges])]


def _runs(first: int, window: int, stops: list[Span]) -> list[Span]:
    """What the stops leave of the window, a second off each of them, cut at the full hours."""
    edges = [first - 1, *(edge for stop in stops for edge in (stop.start, stop.end))]
    edges.append(first + window + 1)
    found = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        start, end = start + 1, end - 1
        while start < end:
            until = min(end, (start // HOUR + 1) * HOUR)
            found.append(Span(start, until))
            start = until
    return found


def _pieces(machine: Machine, runs: list[Span], count: int, size: float, draw: Random) -> list[int]:
    """When each piece is done: by the pace of the hour, from the first second to the last."""
    count = round(count * size * _around(draw, 0.06))
    weights = [run.length * machine.pace(run.start // HOUR % 24) for run in runs]
    reached = list(accumulate(weights))
    found = [runs[0].start]
    for number in range(1, count - 1):
        wanted = (number + draw.uniform(-0.35, 0.35)) / (count - 1) * reached[-1]
        place = min(bisect_left(reached, wanted), len(runs) - 1)
        part = 1 - (reached[place] - wanted) / weights[place]
        found.append(runs[place].start + int(part * runs[place].length))
    return [*found, runs[-1].end]


def _waits(pieces: list[int], stops: list[Span], waited: int, draw: Random) -> list[Span]:
    """Waits between two pieces without a stop, each a part of the gap, of that total length."""
    starts = [stop.start for stop in stops]
    gaps = [
        Span(piece, following)
        for piece, following in pairwise(pieces)
        if following - piece >= LEAST_GAP
        and bisect_left(starts, piece) == bisect_left(starts, following)
    ]
    draw.shuffle(gaps)
    found: list[Span] = []
    for gap in gaps:
        length = min(round(gap.length * draw.uniform(0.25, 0.6)), waited)
        if length == 0:
            break
        start = gap.start + 1 + draw.randint(0, gap.length - length - 2)
        found.append(Span(start, start + length))
        waited -= length
    return found
