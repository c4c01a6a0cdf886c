"""A place of deliveries as it changes: what is put there, and what each landing run gets to see."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# A zip keeps no better date than this for its members; ours are all the same.
MEMBER_DATE = (2024, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Put:
    """A file that appears, or changes, at a path of the place."""

    path: str
    content: bytes
    mtime: int  # seconds since the epoch
    why: str = ""

    def __str__(self) -> str:
        return f"put {self.path} ({len(self.content)} bytes, mtime {self.mtime}): {self.why}"


@dataclass(frozen=True)
class Seen:
    """A table file as one landing run saw it."""

    moment: int  # ordinal of the run
    path: str  # as in the ledger: members after '!'
    content: bytes
    mtime: int


@dataclass(frozen=True)
class Ruling:
    """What a person said of what had come so far: `entrepot withdraw WANTED`, or its undoing."""

    wanted: str
    undo: bool = False
    every_version: bool = False

    def __str__(self) -> str:
        said = f"withdraw {self.wanted}" + (" --every-version" if self.every_version else "")
        return f"{said} --undo" if self.undo else said


# What the calculation in plain Python is told, in the order in which it happened.
Event = Seen | Ruling


def packed(members: Mapping[str, bytes]) -> bytes:
    """A ZIP of the members, the same bytes each time."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, MEMBER_DATE), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def unpacked(path: str, content: bytes) -> list[tuple[str, bytes]]:
    """The files in a delivered file: itself, or its members to any depth; a broken ZIP has none."""
    if not path.lower().endswith(".zip"):
        return [(path, content)]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except zipfile.BadZipFile:
        return []
    return [found for name, inner in members for found in unpacked(f"{path}!{name}", inner)]


class Inbox:
    """The files of a place, on disk and in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.present: dict[str, Put] = {}
        self.sightings: list[Event] = []
        self.seen: list[Put] = []  # each delivery that a run saw before another took its place
        self.moment = 0

    def put(self, put: Put) -> None:
        """Deliver a file: it takes its place at once, whole."""
        path = self.folder / put.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(put.content)
        os.utime(path, (put.mtime, put.mtime))
        self.present[put.path] = put

    def see(self, wanted: Callable[[str], bool] = lambda path: True) -> None:
        """Note what a landing run, limited to the paths that are wanted, finds now."""
        self.moment += 1
        for put in self.present.values():
            for path, content in unpacked(put.path, put.content):
                if wanted(path):
                    self.sightings.append(Seen(self.moment, path, content, put.mtime))
                    if not any(known is put for known in self.seen):
                        self.seen.append(put)
