"""ZIP in ZIP in ZIP, walked without trusting any name or size that an archive states."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from ingest.files.errors import FileUnreadable
from ingest.files.model import Limits
from ingest.files.naming import is_archive, own_name

_CHUNK = 1024 * 1024
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
# Bytes of the central directory that one member takes, long names included: beyond it the
# directory itself is the bomb, and zipfile would read it whole into memory.
_DIRECTORY_BYTES_PER_MEMBER = 1024


@dataclass(frozen=True, slots=True)
class Extracted:
    """A member's content: where it lies now, SHA-256 in hex, size in bytes.

    `owned`: the file is a copy of ours. Call `discard` when done; what is left goes with the
    container.
    """

    path: Path
    sha256: str
    size: int
    owned: bool

    def discard(self) -> None:
        """Remove the copy; a file read in place is left alone."""
        if self.owned:
            self.path.unlink(missing_ok=True)


@dataclass(slots=True)
class Member:
    """A file in a container (or the container itself, when it is no archive).

    `path` is that of the outermost file, then each name after a '!':
    `B1 2024/zone.zip!inner.zip!Nuitee_2024B1_CABA0.csv`. `name` is the file's own.
    `refused` says why it cannot be taken (hostile name, encrypted, beyond a limit, broken
    archive); such a member has no content.
    """

    path: str
    name: str
    size: int
    refused: str | None
    _container: Container
    _archive: zipfile.ZipFile | None = None
    _info: zipfile.ZipInfo | None = None

    def extract(self) -> Extracted:
        """Write the content into the throw-away folder under a name of ours, hashing it.

        The container itself is not copied, only hashed.

        Raises:
            FileUnreadable: refused, bad CRC, truncated, or over the total size.
        """
        if self.refused:
            raise FileUnreadable(self.refused)
        if self._archive is None or self._info is None:
            return self._container.hash_in_place()
        return self._container.extract(self._archive, self._info)


class Container:
    """One delivered file, opened. Nested archives stay in the throw-away folder until closed."""

    def __init__(self, path: Path, label: str, scratch: Path, limits: Limits | None = None):
        """`label` is the path of the delivered file in its place; `scratch` is ours (0700)."""
        self._path = path
        self._label = label
        self._scratch = scratch
        self._limits = limits or Limits()
        self._archives: list[zipfile.ZipFile] = []
        self._copies: list[Path] = []
        self._members = 0
        self._bytes = 0

    def members(self) -> Iterator[Member]:
        """Walk depth first, in the order of the archive. Broken parts come as refused members.

        Members stay extractable until the container is closed. A file that is not named as an
        archive is its own only member.
        """
        if is_archive(self._label):
            yield from self._walk(self._path, self._label, depth=1)
        else:
            yield Member(self._label, own_name(self._label), self._path.stat().st_size, None, self)

    def hash_in_place(self) -> Extracted:
        """SHA-256 of the delivered file itself."""
        digest, size = hashlib.sha256(), 0
        with self._path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
        return Extracted(self._path, digest.hexdigest(), size, owned=False)

    def extract(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Extracted:
        """Copy one member out; `zipfile` never gives more bytes than the member states.

        Raises:
            FileUnreadable: bad CRC, truncated, or over the total size.
        """
        self._bytes += info.file_size
        if self._bytes > self._limits.total_bytes:
            raise FileUnreadable(f"the archive holds over {_mib(self._limits.total_bytes)}")
        handle, name = tempfile.mkstemp(prefix="member-", dir=self._scratch)
        path = Path(name)
        self._copies.append(path)
        try:
            with os.fdopen(handle, "wb") as target, archive.open(info) as source:
                sha256 = _copy(source, target)
        except _BROKEN as error:
            path.unlink(missing_ok=True)
            raise FileUnreadable(f"broken in its archive: {_one_line(error)}") from error
        return Extracted(path, sha256, info.file_size, owned=True)

    def close(self) -> None:
        """Remove every copy that is left in the throw-away folder."""
        for archive in self._archives:
            archive.close()
        for path in self._copies:
            path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _walk(self, path: Path, label: str, depth: int) -> Iterator[Member]:
        if depth > self._limits.depth:
            yield self._refused(label, f"archives nested deeper than {self._limits.depth}")
            return
        if not path.stat().st_size:
            yield self._refused(label, "empty file")
            return
        try:
            archive = self._open(path)
        except _BROKEN as error:
            yield self._refused(label, f"not a whole ZIP archive: {_one_line(error)}")
            return
        for info in archive.infolist():
            if not info.is_dir():
                yield from self._judge(archive, info, label, depth)

    def _open(self, path: Path) -> zipfile.ZipFile:
        directory = _directory_bytes(path)
        if directory > self._limits.members * _DIRECTORY_BYTES_PER_MEMBER:
            raise ValueError(f"more than {self._limits.members} members")
        archive = zipfile.ZipFile(path)
        self._archives.append(archive)
        self._members += len(archive.infolist())
        if self._members > self._limits.members:
            raise ValueError(f"more than {self._limits.members} members")
        return archive

    def _judge(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str, depth: int
    ) -> Iterator[Member]:
        stored = _stored_name(info)
        path = f"{label}!{_printable(stored)}"
        reason = _hostile(stored) or self._too_much(info) or _unreadable(info)
        if reason:
            yield self._refused(path, reason, info.file_size)
        elif is_archive(path):
            yield from self._nested(archive, info, path, depth)
        else:
            yield Member(path, own_name(path), info.file_size, None, self, archive, info)

    def _nested(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, depth: int
    ) -> Iterator[Member]:
        if depth + 1 > self._limits.depth:
            yield self._refused(path, f"archives nested deeper than {self._limits.depth}")
            return
        try:
            inner = self.extract(archive, info)
        except FileUnreadable as error:
            yield self._refused(path, str(error))
            return
        yield from self._walk(inner.path, path, depth + 1)

    def _too_much(self, info: zipfile.ZipInfo) -> str | None:
        limits = self._limits
        if info.file_size > limits.member_bytes:
            return f"larger than {_mib(limits.member_bytes)}"
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size > limits.ratio_floor and ratio > limits.ratio:
            return f"compressed {ratio:.0f} times, over the limit of {limits.ratio:.0f}"
        return None

    def _refused(self, path: str, reason: str, size: int = 0) -> Member:
        return Member(path, own_name(path), size, reason, self)


def _copy(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _stored_name(info: zipfile.ZipInfo) -> str:
    """The name as stored: zipfile cuts it at a NUL, and reads unmarked UTF-8 as cp437."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_NAME:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return name
    return name


def _hostile(name: str) -> str | None:
    parts = re.split(r"[/\\]", name)
    if "\0" in name:
        return "its name holds a NUL"
    if not parts[0] or re.match(r"[A-Za-z]:", name):
        return "its name is an absolute path"
    if ".." in parts:
        return "its name leaves the archive (..)"
    return None


def _unreadable(info: zipfile.ZipInfo) -> str | None:
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a symbolic link"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted"
    if info.compress_type not in _READABLE:
        return f"compressed by an unknown method ({info.compress_type})"
    return None


def _directory_bytes(path: Path) -> int:
    """Size of the central directory as the archive states it; 0 if none is found."""
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 66_000))
        tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        return 0
    stated = int.from_bytes(tail[end + 12 : end + 16], "little")
    zip64 = tail.rfind(b"PK\x06\x06", 0, end)
    if stated == 0xFFFFFFFF and zip64 >= 0:
        stated = int.from_bytes(tail[zip64 + 40 : zip64 + 48], "little")
    return min(stated, size)


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in name)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _mib(size: int) -> str:
    return f"{size // (1024 * 1024)} MiB"
