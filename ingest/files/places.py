"""Where deliveries lie: a folder, SFTP, FTP or FTPS, all listed and read the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from ingest.files.model import Entry


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What a URL does not say. `known_hosts`: file of SSH host keys, else ~/.ssh/known_hosts."""

    password: str | None = None
    key_file: str | None = None
    known_hosts: str | None = None
    ca_file: str | None = None
    timeout: float = 30.0

    @classmethod
    def from_settings(cls, connection: str, settings: Mapping[str, str]) -> Self:
        """Read `<SOURCE>_PASSWORD`, `_KEY_FILE`, `_KNOWN_HOSTS`, `_CA_FILE` for `<SOURCE>_URL`."""
        prefix = connection.removesuffix("_URL")

        def get(key: str) -> str | None:
            return settings.get(f"{prefix}_{key}") or None

        return cls(get("PASSWORD"), get("KEY_FILE"), get("KNOWN_HOSTS"), get("CA_FILE"))


class Local(Protocol):
    """A file of a place, readable at `path` while its context is open."""

    path: Path

    def has_changed(self) -> bool:
        """True if size or time changed since it was listed: the file is growing. Ask it last."""


class Place(Protocol):
    """One place of deliveries. Use as a context manager; not for several threads at once."""

    @property
    def label(self) -> str:
        """The place for messages, without its password: `sftp://user@host:22/path`."""

    def list(self) -> Iterator[Entry]:
        """Stream every file under the place, recursively, in ascending order of `path`.

        Raises:
            PlaceUnreachable: naming the host and what to do.
        """

    def fetch(self, entry: Entry, to: Path) -> bool:
        """Copy one file to `to` (0600). Returns True if it changed meanwhile (growing).

        Raises:
            PlaceUnreachable: the place itself failed.
            FileUnreadable: only this file failed.
        """

    def open(self, entry: Entry, scratch: Path) -> AbstractContextManager[Local]:
        """Give the file as a local path: in place for a folder, else copied into `scratch`.

        The copy is removed when the context ends.
        """

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_place(url: str, options: PlaceOptions | None = None) -> Place:
    """Connect to the place that `url` names: a path, file://, sftp://, ftp:// or ftps://.

    `?known_hosts=FILE` and `?key_file=FILE` in the URL beat the options.

    Raises:
        PlaceUnreachable: no answer, refused, or a host key that is unknown or changed.
        ValueError: the URL itself is wrong.
    """
    raise NotImplementedError
