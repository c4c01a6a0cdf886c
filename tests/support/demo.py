"""Demo deliveries at a size for tests, as the portal's drop stood on two days."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.private import ROOT

SCALE = "0.004"
PERIODS = ("2024B1", "2024B2")
# The first period and some weeks; then five more weeks and the period that replaces them.
FIRST_DAY, LATER_DAY = "2024-04-20", "2024-06-10"


def deliver(folder: Path, day: str = LATER_DAY, *, faults: bool = False) -> None:
    """Bring the drop to what it holds on a day; what lies there already stays as it is."""
    subprocess.run(
        [
            *(sys.executable, "-m", "demo", "fluxvision", "--out", str(folder), "--seed", "1"),
            *("--from", PERIODS[0], "--to", PERIODS[1], "--scale", SCALE, "--day", day),
            *(["--faults"] if faults else []),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
