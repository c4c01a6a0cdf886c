"""A file that has grown: which earlier content it begins with, and where its new lines begin.

A file that is only ever added to begins, byte for byte, with each content it had before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ingest.files.model import MIB


@dataclass(frozen=True, slots=True)
class Content:
    """A content that has landed: `size` in bytes, SHA-256 in hex.

    `root_file_id`: the first content of its chain, itself if it continues none.
    """

    file_id: str
    root_file_id: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Start:
    """Where lines begin that are to be read: byte `offset`, and the number `row` of that line."""

    offset: int = 0
    row: int = 1


WHOLE = Start()


@dataclass(frozen=True, slots=True)
class Beginning:
    """The content that a file begins with, and where its new lines begin."""

    content: Content
    goes_on: Start


def beginning(path: Path, contents: Iterable[Content]) -> Beginning | None:
    """The longest of `contents` that a file begins with and goes on from; None if there is none.

    A last line that had no end is among the new ones: more of it may have come. Reads the file
    once, as far as the longest content goes.
    """
    size = path.stat().st_size
    shorter = sorted(
        (content for content in contents if 0 < content.size < size),
        key=lambda content: content.size,
    )
    found: Beginning | None = None
    digest, start = hashlib.sha256(), WHOLE
    with path.open("rb") as stream:
        for content in shorter:
            while (wanted := content.size - stream.tell()) > 0:
                at = stream.tell()
                chunk = stream.read(min(wanted, MIB))
                if not chunk:
                    return found  # cut short while it was read: growing, as its place will say
                digest.update(chunk)
                if lines := chunk.count(b"\n"):
                    start = Start(at + chunk.rindex(b"\n") + 1, start.row + lines)
            if digest.hexdigest() == content.sha256:
                found = Beginning(content, start)
    return found
