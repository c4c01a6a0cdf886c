"""Where deliveries lie: a folder, SFTP, FTP or FTPS, all listed and read the same way."""

from __future__ import annotations

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from urllib.request import url2pathname

from ingest.files.model import Entry


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What a URL does not say. `known_hosts`: file of SSH host keys, else ~/.ssh/known_hosts.

    `password` also opens a protected `key_file`. `ca_file`: certificates to trust for ftps.
    """

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


@dataclass(frozen=True, slots=True)
class Address:
    """A remote place taken apart. `path` is '' for the folder where the login lands."""

    scheme: str
    host: str
    port: int
    user: str | None
    path: str

    @property
    def label(self) -> str:
        """For messages: no password."""
        user = f"{self.user}@" if self.user else ""
        return f"{self.scheme}://{user}{self.host}:{self.port}{self.path}"


class Local(Protocol):
    """A file of a place, readable at `path` while its context is open."""

    @property
    def path(self) -> Path: ...

    def has_changed(self) -> bool:
        """True if size or time changed since it was listed: the file is growing. Ask it last."""


class Opens(Protocol):
    """What a listed file can be read from."""

    def open(self, entry: Entry, scratch: Path) -> AbstractContextManager[Local]:
        """Give the file as a local path: in place for a folder, else copied into `scratch`.

        The copy is removed when the context ends.
        """


class Place(Opens, Protocol):
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

    def take_away(self, entry: Entry, to: str | None) -> bool:
        """Move a file to the path `to` of the place, whose folders are made, or remove it.

        False if it is no longer as it was listed; then it is left alone.

        Raises:
            PlaceUnreachable: the place itself failed.
            FileUnreadable: this file may not be taken away.
        """

    def close(self) -> None:
        """End the connection."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Copied:
    """A remote file, copied."""

    path: Path
    growing: bool

    def has_changed(self) -> bool:
        """Whether it changed while it was copied; what happens later is the next run's."""
        return self.growing


class RemotePlace(ABC):
    """What the remote places share: a file is read from a copy."""

    @abstractmethod
    def fetch(self, entry: Entry, to: Path) -> bool:
        """Copy one file; see `Place.fetch`."""

    @abstractmethod
    def take_away(self, entry: Entry, to: str | None) -> bool:
        """Move or remove one file; see `Place.take_away`."""

    @abstractmethod
    def close(self) -> None:
        """End the connection."""

    @contextmanager
    def open(self, entry: Entry, scratch: Path) -> Iterator[Local]:
        """Copy into the throw-away folder; see `Place.open`."""
        handle, name = tempfile.mkstemp(prefix="fetched-", dir=scratch)
        os.close(handle)
        path = Path(name)
        try:
            yield Copied(path, self.fetch(entry, path))
        finally:
            path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_place(url: str, options: PlaceOptions | None = None) -> Place:
    """Connect to the place that `url` names: a path, file://, sftp://, ftp:// or ftps://.

    `?known_hosts=FILE` and `?key_file=FILE` in the URL beat the options, `options.password`
    beats a password in the URL.

    Raises:
        PlaceUnreachable: no answer, refused, or a host key that is unknown or changed.
        ValueError: the URL itself is wrong.
    """
    options = options or PlaceOptions()
    folder = local_folder(url)
    if folder is not None:
        from ingest.files.place_folder import FolderPlace

        return FolderPlace(folder)
    parts = urlsplit(url)
    if parts.scheme not in ("sftp", "ftp", "ftps"):
        raise ValueError(f"{parts.scheme}:// is no place of files; use a path, file, sftp, ftp(s)")
    address = _address(parts)
    options = _with_query(options, parts)
    # The remote protocols are imported when used: paramiko alone costs a quarter of a second.
    if parts.scheme == "sftp":
        from ingest.files.place_sftp import SftpPlace

        return SftpPlace(address, options)
    from ingest.files.place_ftp import FtpPlace

    return FtpPlace(address, options)


def local_folder(url: str) -> Path | None:
    """The folder that `url` names, as a path or by file://; None for any other place."""
    parts = urlsplit(url)
    # A scheme of one letter is a Windows drive.
    if "://" not in url or len(parts.scheme) < 2:
        return in_its_home(url)
    return in_its_home(url2pathname(parts.path)) if parts.scheme == "file" else None


def in_its_home(path: str) -> Path:
    """The path with its `~` replaced; that of nobody stays, and is told as not there."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def clean(name: str) -> str:
    """A file's name as text that can be stored and printed; odd bytes show as `\\xe9`."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == " " else _escaped(c) for c in text)


def utc(seconds: float) -> datetime:
    """A time in seconds since 1970 as a UTC timestamp."""
    return datetime.fromtimestamp(seconds, UTC)


def _escaped(character: str) -> str:
    return character if ord(character) > 0x9F else f"\\x{ord(character):02x}"


def _address(parts: SplitResult) -> Address:
    if not parts.hostname:
        raise ValueError(f"the {parts.scheme}:// URL names no host")
    port = parts.port or (22 if parts.scheme == "sftp" else 21)
    user = unquote(parts.username) if parts.username else None
    return Address(parts.scheme, parts.hostname, port, user, unquote(parts.path).rstrip("/"))


def _with_query(options: PlaceOptions, parts: SplitResult) -> PlaceOptions:
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    unknown = query.keys() - {"known_hosts", "key_file"}
    if unknown:
        raise ValueError(f"unknown parameter in the URL: {', '.join(sorted(unknown))}")
    if parts.password and not options.password:
        options = replace(options, password=unquote(parts.password))
    return replace(
        options,
        known_hosts=query.get("known_hosts", options.known_hosts),
        key_file=query.get("key_file", options.key_file),
    )
