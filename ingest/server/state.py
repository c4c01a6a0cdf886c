"""What set-up decided for this project's embedded server, and the lock that guards it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.settings import STATE_DIR


class ServerError(Exception):
    """The embedded server cannot do what was asked: one line, with what to do."""


@dataclass
class State:
    """What set-up decided for this project's server; kept in `.entrepot/server.json` (0600)."""

    port: int
    data: str
    passwords: dict[str, str]


def state_path() -> Path:
    return STATE_DIR / "server.json"


def read_state() -> State | None:
    """What set-up decided, or None if there is no embedded server yet."""
    path = state_path()
    if not path.exists():
        return None
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ServerError(
            f"{path} cannot be read ({error}); restore it from a backup, or remove "
            f"{STATE_DIR} to begin anew (this loses the embedded warehouse)."
        ) from error


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    new.replace(path)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Be the only process that holds the lock on this file, for the block; waits for its turn."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a+b") as lock:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the lock of this project's server; two commands never start or stop it at once."""
    with file_lock(STATE_DIR / "server.lock"):
        yield
