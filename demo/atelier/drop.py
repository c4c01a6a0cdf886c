"""The drop of the workshop: which files lie there, and putting them there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from demo.atelier.faults import Delivery, fault_of, spoiled
from demo.atelier.lines import lines
from demo.atelier.machines import MACHINES, Machine, works
from demo.atelier.shift import shift

# Twenty days of work.
DEMO_FROM, DEMO_TO = date(2025, 5, 5), date(2025, 5, 28)
DEMO_SEED = 12
_PRINTED = re.compile(rb"[^\x20-\x7e]")
_STAMP = re.compile(rb"\d{8} \d\d:\d\d:\d\d")


@dataclass(frozen=True)
class Settings:
    """What is asked for: the first and the last day, how far the last one has come, faults."""

    first: date = DEMO_FROM
    last: date = DEMO_TO
    until: time | None = None
    faults: bool = False
    seed: int = DEMO_SEED


def deliveries(wanted: Settings) -> Iterator[Delivery]:
    """Every file of the days asked for.

    Raises:
        ValueError: if the last day lies before the first.
    """
    if wanted.last < wanted.first:
        raise ValueError(f"--to {wanted.last} lies before --from {wanted.first}")
    for number in range((wanted.last - wanted.first).days + 1):
        day = wanted.first + timedelta(days=number)
        if not works(day):
            continue
        for machine in MACHINES.values():
            whole = _of_day(machine, day, wanted)
            if wanted.until is None or day < wanted.last:
                yield from whole
            else:
                yield from _so_far(whole, datetime.combine(day, wanted.until))


def write(found: Iterable[Delivery], out: Path) -> tuple[int, int, int]:
    """Bring the drop to what was found; a file that is there already as it should be stays.

    Returns:
        files, files left as they were, lines.

    Raises:
        OSError: if `out` cannot be written to.
    """
    files = unchanged = count = 0
    out.mkdir(parents=True, exist_ok=True)
    for delivery in found:
        files += 1
        count += delivery.body.count(b"\n")
        if _put(delivery, out / delivery.path):
            unchanged += 1
    return files, unchanged, count


def _of_day(machine: Machine, day: date, wanted: Settings) -> list[Delivery]:
    draw = Random(f"{wanted.seed} {machine.code} {day}")
    said = lines(machine, day, shift(machine, day, draw), draw)
    path = f"{machine.code}/{day:%Y%m%d}.LOG"
    return spoiled(machine, path, said, fault_of(machine, day) if wanted.faults else "")


def _so_far(whole: list[Delivery], until: datetime) -> Iterator[Delivery]:
    """What a machine has written at a moment: its last line may be half written."""
    for delivery in whole:
        if delivery.moment <= until:
            yield delivery
        elif delivery.grows:
            end = _reached(delivery.body, f"{until:%Y%m%d %H:%M:%S}".encode())
            if end:
                yield replace(delivery, body=delivery.body[:end], moment=until)


def _reached(body: bytes, until: bytes) -> int:
    """How many bytes were written at that moment, given as a stamp: into the first later line."""
    end = 0
    for line in body.splitlines(keepends=True):
        stamp = _PRINTED.sub(b"", line)[:17]
        if _STAMP.fullmatch(stamp) and stamp > until:
            return end + Random(line).randrange(len(line)) if end else 0
        end += len(line)
    return end


def _put(delivery: Delivery, target: Path) -> bool:
    """Write one file, by way of a name that nobody reads; whether it was there already."""
    moment = delivery.moment.replace(tzinfo=UTC).timestamp()
    if (
        target.exists()
        and target.stat().st_mtime == moment
        and target.read_bytes() == delivery.body
    ):
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    upload = target.with_name(target.name + ".part")
    upload.write_bytes(delivery.body)
    os.utime(upload, (moment, moment))
    upload.replace(target)
    return False
