"""`python -m bench NAME ...`: what every stated speed rests on.

Each prints a small table; ratios compare numbers of one run on one machine. The server, the files
and the folders are this run's own, below the system's temporary folder, and gone at its end.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.support.private import clear, settle  # noqa: E402

NAMES = (
    "landing",
    "tables",
    "mysql",
    "sigeti",
    "erp",
    "atelier",
    "rerun",
    "week",
    "reads",
    "monitor",
    "flow",
    "profile",
    "diff",
    "validate",
)
EXAMPLE = """\
examples:
  python -m bench landing                       (1 million rows; with --rows also 10 million)
  python -m bench validate --rows 1000000,4000000
  python -m bench rerun week reads --scales 0.05,1    (1 and 20 million rows)
"""


def machine() -> str:
    """What the numbers were measured on, in one line."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named measurements, in the order given."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument(
        "--rows", default="1000000", help="rows of the landed files, comma separated"
    )
    parser.add_argument(
        "--scales", default="0.05", help="scales of the demo's warehouses (1 is 20 million rows)"
    )
    parser.add_argument("--repeat", type=int, default=3, help="times each thing is timed")
    request = parser.parse_args(arguments)
    names = request.names or ["landing"]
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        parser.error(f"there is no measurement {', '.join(unknown)}; there are {', '.join(NAMES)}")
    folder = settle("bench")
    try:
        # Imported now: the settings of this process are those of the private corner.
        from bench import (
            atelier,
            comparing,
            databases,
            erp,
            flow,
            houses,
            landing,
            monitor,
            mysql,
            validation,
        )

        print(f"machine: {machine()}", flush=True)
        rows = [int(count) for count in request.rows.split(",")]
        warehouses = houses.Warehouses(folder, [float(s) for s in request.scales.split(",")])
        for name in names:
            if name == "landing":
                landing.measure(folder, rows, request.repeat)
            elif name == "tables":
                databases.measure_tables(folder, rows, request.repeat)
            elif name == "mysql":
                mysql.measure(folder, rows, request.repeat)
            elif name == "sigeti":
                databases.measure_sigeti(folder, request.repeat)
            elif name == "erp":
                erp.measure(folder, request.repeat)
            elif name == "monitor":
                monitor.measure(folder, request.repeat)
            elif name == "profile":
                comparing.measure_profile(folder, request.repeat)
            elif name == "diff":
                comparing.measure_diff(folder, request.repeat)
            elif name == "flow":
                flow.measure(folder, request.repeat)
            elif name == "validate":
                validation.measure(folder, rows, request.repeat)
            elif name == "atelier":
                atelier.measure(folder, request.repeat)
            else:
                getattr(houses, f"measure_{name}")(warehouses, request.repeat)
    finally:
        clear(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
