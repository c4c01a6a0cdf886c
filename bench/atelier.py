"""The logs of a workshop: a million lines in one run, then one log that grows by a hundred."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

from bench.tools import Cost, cost_of, show
from demo.atelier import Delivery, Settings, deliveries, write
from tests.support.house import House

LINES = 1_000_000
MORE = 100
FIRST, LAST = datetime.date(2023, 1, 2), datetime.date(2025, 5, 27)
GROWING = datetime.date(2025, 5, 28)
WORKSHOP = ("--select", "source:atelier+", "path:seeds/_atelier__seeds.yml+")
LANDED = "select count(*) from raw_atelier.lignes_log"
PIECES = "select count(*) from dwh_facts.fait_piece_production"


def measure(folder: Path, repeat: int) -> None:
    """Land and build the logs, let one of them grow, and print the table."""
    house = House.build("atelier", folder)
    drop = house.folder / "atelier"
    drop.mkdir()
    house.variables["ATELIER_URL"] = str(drop)
    # Reference tables and an empty workshop: they are another matter.
    house.ingest()
    house.run_models()
    files, _, lines = write(_until(deliveries(Settings(FIRST, LAST)), LINES), drop)
    table: list[list[object]] = []
    landed, built = _run(house, table, f"{files:,} logs, {lines:,} lines", lines)
    if house.value(LANDED) != lines or not house.value(PIECES):
        raise RuntimeError(f"{house.value(LANDED)} lines landed of {lines}")
    print(
        f"peak memory of the landing {landed.memory / 2**20:.0f} MB; "
        f"{lines / (landed.seconds + built.seconds):,.0f} lines a second, landing and build"
    )
    [log] = [one for one in deliveries(Settings(GROWING, GROWING)) if one.path.startswith("SU12")]
    whole = log.body.splitlines(keepends=True)
    _put(drop / log.path, whole[:MORE], log)
    _run(house, table, f"a new log of {MORE} lines", MORE)
    beyond: list[tuple[float, float]] = []
    for number in range(1, repeat + 1):
        idle = _run(house, table, "nothing new", 0)
        _put(drop / log.path, whole[: (number + 1) * MORE], log)
        grown = _run(house, table, f"a log that grew by {MORE} lines", MORE)
        land, build = (now.seconds - then.seconds for now, then in zip(grown, idle, strict=True))
        beyond.append((land, build))
    if house.value(LANDED) != lines + (repeat + 1) * MORE:
        raise RuntimeError("what grew is not what landed")
    land, build = (median(times) for times in zip(*beyond, strict=True))
    table.append([f"{MORE} lines beyond an idle run, median", MORE, land, build, land + build])
    show(
        "atelier: logs of machining centres",
        ["what came", "new lines", "run_all s", "dbt build s", "both s"],
        table,
        "The build is that of everything below the logs, with its data tests. The last line is to "
        "follow the new lines, not the million before.",
    )
    house.demolish()


def _until(found: Iterable[Delivery], lines: int) -> Iterator[Delivery]:
    """The first deliveries that have so many lines."""
    for delivery in found:
        if lines <= 0:
            return
        lines -= delivery.body.count(b"\n")
        yield delivery


def _run(house: House, table: list[list[object]], what: str, lines: int) -> tuple[Cost, Cost]:
    """What landing and building take now; one more line of the table."""
    landed = cost_of(house, house.ingest_command("--select", "atelier"))
    command = house.dbt_command(
        "--quiet", "build", *WORKSHOP, "--exclude-resource-type", "unit_test"
    )
    built = cost_of(house, command)
    table.append([what, lines, landed.seconds, built.seconds, landed.seconds + built.seconds])
    return landed, built


def _put(target: Path, lines: list[bytes], log: Delivery) -> None:
    """A log as far as it has come."""
    target.write_bytes(b"".join(lines))
    moment = log.moment.timestamp() + len(lines)
    os.utime(target, (moment, moment))
