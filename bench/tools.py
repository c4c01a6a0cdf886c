"""Time, memory and tables."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from tests.support.house import House
from tests.support.private import ROOT

# ru_maxrss is in kilobytes, on macOS in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Cost:
    """What a command took: wall-clock seconds, and the largest resident memory in bytes."""

    seconds: float
    memory: int


def cost_of(house: House, command: Sequence[str], codes: Sequence[int] = (0,)) -> Cost:
    """Run a command to its end and say what it took, on stderr too: a bench takes minutes.

    Raises:
        RuntimeError: if its exit code is not one of `codes`, with what it wrote last.
    """
    log = house.folder / "last command.log"
    began = time.monotonic()
    with log.open("w") as stream:
        process = subprocess.Popen(
            list(command),
            cwd=ROOT,
            env=house.environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    if code not in codes:
        raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{log.read_text()[-3000:]}")
    print(f"{seconds:7.1f} s  {_short(command)}", file=sys.stderr, flush=True)
    return Cost(seconds, usage.ru_maxrss * RSS_UNIT)


def _short(command: Sequence[str]) -> str:
    """What tells a command from others, within a line of 80 columns."""
    return " ".join(Path(word).name for line in command for word in line.split())[:68]


def median(measure: Callable[[], float], times: int) -> float:
    """The median of some measurements."""
    return statistics.median(measure() for _ in range(times))


def show(title: str, headers: Sequence[str], rows: Sequence[Sequence[object]], note: str) -> None:
    """Print one table and what it shows."""
    print(f"\n## {title}\n")
    cells = [[_cell(value) for value in row] for row in rows]
    print(tabulate(cells, headers=headers, tablefmt="github", disable_numparse=True))
    print(f"\n{note}", flush=True)


def _cell(value: object) -> str:
    """A number as a person reads it; anything else as it is."""
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"{value:,}".replace(",", " ") if isinstance(value, int) else str(value)
