"""The throw-away folder of a run: ours alone, gone at the end."""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "run-"
_LOCK = ".lock"


@contextmanager
def throwaway(base: Path) -> Iterator[Path]:
    """Make a folder (0700) under `base` for this run; remove it, and those of dead runs.

    A live run holds a lock on its folder, so two runs never remove each other's. The system
    frees the lock of a run that was killed.
    """
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    remove_leftovers(base)
    # The lock comes first: a folder without a held lock is a leftover to others.
    handle, lock_name = tempfile.mkstemp(prefix=_PREFIX, suffix=_LOCK, dir=base)
    lock_path = Path(lock_name)
    folder = lock_path.with_suffix("")
    try:
        if not _lock(handle):
            raise RuntimeError(f"{lock_path} was taken by another run")
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)
        lock_path.unlink(missing_ok=True)


def remove_leftovers(
    base: Path, before: float = math.inf, *, dry_run: bool = False
) -> tuple[int, int]:
    """Remove the folders of runs that are dead; returns how many, and the bytes of their files.

    Args:
        before: only those of runs that began before (seconds of the epoch).
        dry_run: count them, and leave them where they are.
    """
    count = size = 0
    for lock_path in base.glob(f"{_PREFIX}*{_LOCK}"):
        try:
            handle = os.open(lock_path, os.O_RDWR)
        except FileNotFoundError:
            continue  # its run ended just now
        try:
            if os.fstat(handle).st_mtime < before and _lock(handle):
                folder = lock_path.with_suffix("")
                count += 1
                size += sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
                if not dry_run:
                    shutil.rmtree(folder, ignore_errors=True)
                    lock_path.unlink(missing_ok=True)
        finally:
            os.close(handle)
    return count, size


def _lock(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
