"""What a drop is made of: deliveries, archives, data files, other files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from demo.fluxvision.content import DataFile


@dataclass(frozen=True)
class OtherFile:
    """A file that is delivered as it is."""

    name: str
    body: bytes
    fault: str = ""


@dataclass(frozen=True)
class Archive:
    """A ZIP: its members may be archives too."""

    name: str
    members: tuple[Member, ...]
    fault: str = ""


@dataclass(frozen=True)
class Delivery:
    """One file of the drop: its folder, what it is, and when it was put there (UTC)."""

    folder: str
    content: Member
    published: datetime

    @property
    def path(self) -> str:
        """Path relative to the drop, with `/`."""
        return f"{self.folder}/{self.content.name}" if self.folder else self.content.name


Member = DataFile | OtherFile | Archive


def walk(path: str, content: Member) -> Iterator[tuple[str, Member]]:
    yield path, content
    if isinstance(content, Archive):
        for member in content.members:
            yield from walk(f"{path}!{member.name}", member)
