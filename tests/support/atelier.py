"""The logs of the demo workshop as a test delivers them, and random ways to do it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC

from demo.atelier import Delivery
from tests.support.inbox import Put, Seen
from tests.support.sequences import Build, Land, Step

GROWN = 0.4  # share of the files that are seen before they are whole
MOST_PARTS = 4
REWRITTEN = 0.1  # share of the files that are cut short again later
JUMBLED = 0.1  # share of the files whose contents come in any order


def put_of(delivery: Delivery) -> Put:
    """A file of the demo as a delivery of a test."""
    moment = int(delivery.moment.replace(tzinfo=UTC).timestamp())
    return Put(delivery.path, delivery.body, moment, delivery.fault)


def seen_of(deliveries: Iterable[Delivery]) -> list[Seen]:
    """Deliveries as one landing sees them."""
    puts = [put_of(delivery) for delivery in deliveries]
    return [Seen(1, put.path, put.content, put.mtime) for put in puts]


def story(deliveries: Iterable[Delivery], seed: int, looks: int) -> list[Step]:
    """The deliveries in a random order, some of them growing, with landings and builds between.

    Args:
        looks: how often the warehouse is built.
    """
    draw = random.Random(seed)
    # Each file is a queue of puts; the queues are drawn from at random.
    queues = [_parts(put_of(delivery), draw) for delivery in deliveries]
    order = [number for number, queue in enumerate(queues) for _ in queue]
    draw.shuffle(order)
    steps: list[Step] = []
    for turn in range(looks):
        some = order[turn * len(order) // looks : (turn + 1) * len(order) // looks]
        for place, number in enumerate(some):
            steps.append(queues[number].pop(0))
            if place == len(some) // 2 or draw.random() < 0.02:
                steps.append(Land())
        steps += [Land(), Build()]
    return steps


def _parts(put: Put, draw: random.Random) -> list[Put]:
    """A file as it is seen: whole, or growing, cut anywhere; some shrink, then or before."""
    cuts = []
    if draw.random() < GROWN:
        cuts = _cuts(put.content, draw)
    found = [
        Put(put.path, put.content[:cut], put.mtime - len(cuts) + number, f"grows ({put.why})")
        for number, cut in enumerate(cuts)
    ]
    found.append(put)
    if draw.random() < REWRITTEN:
        cut = len(put.content) * draw.randint(20, 60) // 100
        found.append(Put(put.path, put.content[:cut], put.mtime + 60, "cut short again"))
    if draw.random() < JUMBLED:
        draw.shuffle(found)
    return found


def _cuts(content: bytes, draw: random.Random) -> list[int]:
    """Where a file ends while it grows: anywhere, or so that its last line can be misread."""
    places = draw.sample(range(1, len(content)), draw.randint(1, MOST_PARTS - 1))
    for number, place in enumerate(places):
        end = content.find(b"\n", place)
        if end > 0 and draw.random() < 0.6:
            places[number] = end - draw.randint(2, 3)
    return sorted({place for place in places if place > 0})
