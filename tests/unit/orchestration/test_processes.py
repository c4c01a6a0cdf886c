"""A program whose time is over is really ended, with everything that it started."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from orchestration.processes import call, end_tree

# Starts a child that ignores a polite request, writes its number, and waits for it.
PARENT = """
import subprocess, sys, pathlib
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True);"
    "time.sleep(600)"], stdout=subprocess.PIPE)
child.stdout.readline()
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
child.wait()
"""


def test_the_exit_code_is_the_programs_own() -> None:
    ended = call([sys.executable, "-c", "raise SystemExit(3)"], os.environ, 60)
    assert (ended.code, ended.timed_out) == (3, False)


def test_a_program_whose_time_is_over_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(end_tree, "__defaults__", (0.5,))
    note = tmp_path / "child"
    ended = call([sys.executable, "-c", PARENT, str(note)], os.environ, 3)
    assert (ended.code, ended.timed_out) == (124, True)
    child = int(note.read_text())
    for _ in range(50):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie":
            break
        time.sleep(0.1)
    else:
        pytest.fail(f"process {child} still runs")


def test_an_interrupted_caller_takes_the_program_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    class Interrupted:
        def __init__(self, pid: int, seconds: float):
            started.append(pid)

        def __enter__(self) -> None:
            raise KeyboardInterrupt

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr("orchestration.processes.deadline", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        call([sys.executable, "-c", "import time; time.sleep(600)"], os.environ, 60)
    assert not psutil.pid_exists(started[0]) or psutil.Process(started[0]).status() == "zombie"
