"""Which files of a folder any process opened, as the Linux kernel saw it (inotify)."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IN_OPEN = 0x20
IN_ISDIR = 0x40000000
IN_Q_OVERFLOW = 0x4000
IN_NONBLOCK = 0o4000
EVENT = struct.Struct("iIII")


@contextmanager
def watch_opened(folder: Path) -> Iterator[list[str]]:
    """Give a list which, once the block has ended, holds the files below `folder` opened in it."""
    assert sys.platform == "linux", "inotify is Linux's"
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.inotify_init1(IN_NONBLOCK)
    assert handle >= 0, os.strerror(ctypes.get_errno())
    watched: dict[int, Path] = {}
    for path in [folder, *(item for item in folder.rglob("*") if item.is_dir())]:
        watch = libc.inotify_add_watch(handle, os.fsencode(path), IN_OPEN)
        assert watch >= 0, os.strerror(ctypes.get_errno())
        watched[watch] = path
    opened: list[str] = []
    try:
        yield opened
        opened += _events(handle, watched)
    finally:
        os.close(handle)


def _events(handle: int, watched: dict[int, Path]) -> Iterator[str]:
    while True:
        try:
            data = os.read(handle, 65536)
        except BlockingIOError:
            return
        at = 0
        while at < len(data):
            watch, mask, _, length = EVENT.unpack_from(data, at)
            at += EVENT.size
            name = data[at : at + length].rstrip(b"\0").decode("utf-8", "surrogateescape")
            at += length
            if mask & IN_Q_OVERFLOW:
                yield "(more than could be counted)"
            elif not mask & IN_ISDIR:
                yield str(watched[watch] / name)
