"""ZIP in ZIP in ZIP, walked without trusting any name or size that an archive states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ingest.files.model import Limits


@dataclass(frozen=True, slots=True)
class Extracted:
    """A member's content: where it lies now, SHA-256 in hex, size in bytes."""

    path: Path
    sha256: str
    size: int


class Member:
    """A file in a container (or the container itself, when it is no archive).

    `path` is that of the outermost file, then each name after a '!':
    `B1 2024/zone.zip!inner.zip!Nuitee_2024B1_CABA0.csv`. `name` is the last of these.
    `refused` says why it cannot be taken (hostile name, encrypted, beyond a limit, broken
    archive); such a member has no content.
    """

    path: str
    name: str
    size: int
    refused: str | None

    def extract(self) -> Extracted:
        """Write the content into the throw-away folder under a name of ours, hashing it.

        The container itself is not copied, only hashed.

        Raises:
            FileUnreadable: bad CRC, truncated, or larger than it stated.
        """
        raise NotImplementedError


class Container:
    """One delivered file, opened. Nested archives stay in the throw-away folder until closed."""

    def __init__(self, path: Path, label: str, scratch: Path, limits: Limits | None = None):
        """`label` is the path of the delivered file in its place; `scratch` is ours (0700)."""

    def members(self) -> Iterator[Member]:
        """Walk depth first, in the order of the archive. Broken parts come as refused members.

        Members stay extractable until the container is closed.
        """
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...
