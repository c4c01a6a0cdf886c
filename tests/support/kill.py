"""Kill a command at a moment of its life, as a power cut or the kernel would."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

from tests.support.house import House

KILLED = -signal.SIGKILL


def kill_during(
    house: House, command: list[str], longest: float, chance: random.Random
) -> tuple[float, bool]:
    """Start a command and SIGKILL it at a random moment of its usual length.

    Args:
        longest: how long it runs undisturbed, in seconds.

    Returns:
        when it was killed, and whether it was still running then.
    """
    moment = chance.uniform(0.0, longest)
    process = house.start(command)
    # Its children die with it, or live on for a moment: both happen.
    whole_group = chance.random() < 0.5
    try:
        process.communicate(timeout=moment)
        return moment, False
    except subprocess.TimeoutExpired:
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()
    return moment, process.returncode == KILLED


def kill_when(house: House, command: list[str], moment: str) -> bool:
    """Start a command and SIGKILL it as soon as a query of the warehouse finds a row.

    Returns:
        whether the moment came: False when the command ended before.
    """
    with house.cursor() as cursor:
        process = house.start(command)
        while process.poll() is None:
            cursor.execute(moment)
            if cursor.fetchone():
                os.killpg(process.pid, signal.SIGKILL)
                break
        process.communicate()
    return process.returncode == KILLED


def wait_until(done: object, seconds: float, what: str) -> None:
    """Wait for `done()` to be true, at most so long."""
    assert callable(done)
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)
