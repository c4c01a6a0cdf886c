"""`entrepot validate` of one table: time in proportion to its rows, memory flat."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.databases import SELECTED, TABLE, fill
from bench.tools import cost_of, show
from tests.support.house import House
from tests.support.sigeti import source_database


def measure(folder: Path, counts: Sequence[int], repeat: int) -> None:
    """Compare tables of so many rows, equal and with one value changed, and print the table."""
    rows = []
    for count in counts:
        with source_database(f"bench_{count}") as url:
            fill(url, count)
            house = House.build(f"validate_{count}", folder)
            house.variables |= {"ENTREPOT_PII_KEY": "k", "SIGETI_URL": url}
            house.ingest(*SELECTED)
            landed = cost_of(house, house.ingest_command(*SELECTED, "--mode", "full"))
            command = [sys.executable, "-m", "orchestration.cli", "validate", "--no-facts"]
            command += SELECTED
            equal = [cost_of(house, command) for _ in range(repeat)]
            middle = count // 2
            house.call_sql(
                f"update raw_sigeti.{TABLE} set montant = montant + 0.01 where id = {middle}"
            )
            done = house.entrepot("validate", "--no-facts", *SELECTED, codes=(1,))
            if f"id={middle}: montant" not in done.out:
                raise RuntimeError(f"the changed value was not found: {done.out}")
            times = sorted(cost.seconds for cost in equal)
            rows.append(
                [
                    *(count, landed.seconds, times[repeat // 2], done.seconds),
                    f"{max(cost.memory for cost in equal) / 2**20:.0f} MB",
                ]
            )
            house.demolish()
    show(
        "validate: one table of PostgreSQL, 9 columns",
        ["rows", "full load again s", "equal s", "one value differs s", "peak memory"],
        rows,
        "full load again = the whole table read once more, no row changed; equal = both sides read"
        f" once, median of {repeat}; one value differs = both read again, down to the key.",
    )
