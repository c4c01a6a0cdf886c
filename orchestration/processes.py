"""Programs that are started, waited for and, when their time is over, really ended.

A step of a run is a process of its own: only a process can be ended for good, with everything that
it started and every query that it left (the roles' `client_connection_check_interval` ends those).
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import psutil

from ingest.settings import ROOT

# What a process gets to put its things in order before it is killed.
GRACE_SECONDS = 10.0
# The exit code of a program that was ended, as the command `timeout` has it: who ends a process may
# take its own exit code from the one who waits for it.
TIMED_OUT = 124


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code and the seconds it took."""

    code: int
    seconds: float

    @property
    def timed_out(self) -> bool:
        """Whether it was ended because its time was over."""
        return self.code == TIMED_OUT


# Starts a program with these arguments and this environment, for at most so many seconds.
Starter = Callable[[Sequence[str], Mapping[str, str], float], Ended]


def end_tree(pid: int, grace: float = GRACE_SECONDS) -> None:
    """End a process and all that it started: asked first, killed after `grace` seconds."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(family, timeout=grace)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=grace)


@contextmanager
def deadline(pid: int, seconds: float) -> Iterator[threading.Event]:
    """End the process after so many seconds; the event is set if that was needed."""
    over = threading.Event()

    def end() -> None:
        over.set()
        end_tree(pid)

    timer = threading.Timer(max(0.0, seconds), end)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
        if over.is_set():
            timer.join()


def call(
    command: Sequence[str],
    variables: Mapping[str, str],
    seconds: float,
    *,
    output: IO[str] | int | None = None,
) -> Ended:
    """Run a program in the project's root to its end, or to the end of its time.

    It is ended as well when the caller is interrupted.

    Args:
        variables: the whole environment of the program.
        output: where its standard output goes, by default where the caller's goes.
    """
    began = time.monotonic()
    process = subprocess.Popen(list(command), cwd=ROOT, env=dict(variables), stdout=output)
    try:
        with deadline(process.pid, seconds) as over:
            code = process.wait()
    except BaseException:
        end_tree(process.pid)
        raise
    return Ended(TIMED_OUT if over.is_set() else code, time.monotonic() - began)
