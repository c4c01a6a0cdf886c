"""The archive: a copy of each delivered file by its content, and a journal of its deliveries.

    <archive>/ab/abcdef…       the file, named after its SHA-256; written once, never changed
    <archive>/deliveries.jsonl one line for each time that a file was read: where it lay, and when;
                               one for each content that was purged

A copy is written under a name that no reader looks at and takes its own when it is whole and on
the disk: killed at any moment, a name that is there has its whole content. The journal is what the
ledger would have to be made from again if the database were lost with it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.files.errors import FileGrowing, PlaceUnreachable
from ingest.ledger import Outer

JOURNAL = "deliveries.jsonl"
_CHUNK = 1024 * 1024


class ArchiveUnusable(PlaceUnreachable):
    """The archive takes nothing or cannot be read: nothing may land that it does not have."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file on its way into the archive: SHA-256 in hex, size in bytes.

    `waiting`: the whole copy that still has to take its name; None if the archive has the content.
    """

    sha256: str
    size: int
    waiting: Path | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A line of the journal: an outer file as it was delivered, and when which run read it."""

    source: str
    outer: Outer
    read_at: datetime
    run_id: str


class Archive:
    """The archive of one source, whose lock its only writer holds; sources may share a folder."""

    def __init__(self, root: Path, source: str):
        self.root = root
        self._source = source
        self.copied = 0
        self.copied_bytes = 0

    def path(self, sha256: str) -> Path:
        """Where the content with this hash lies, or would."""
        return self.root / sha256[:2] / sha256

    def has(self, sha256: str, size: int) -> bool:
        """Whether the archive has a content of so many bytes."""
        try:
            return self.path(sha256).stat().st_size == size
        except OSError:
            return False

    def size(self, sha256: str) -> int:
        """The bytes of a content; 0 if the archive has it not."""
        try:
            return self.path(sha256).stat().st_size
        except OSError:
            return 0

    def is_whole(self, sha256: str) -> bool:
        """Whether the file has the content that its name says; reads all of it."""
        try:
            with self.path(sha256).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def copy(self, path: Path, sha256: str | None) -> Copy:
        """Copy a file without giving it its name yet, hashing it on the way.

        `sha256`: its hash if it is known; what the archive has whole already is not copied again.

        Raises:
            FileGrowing: the file is no longer there.
            ArchiveUnusable: the copy cannot be written.
        """
        try:
            source = path.open("rb")
        except OSError as error:
            raise FileGrowing("it went away while it was read") from error
        try:
            with source:
                size = os.fstat(source.fileno()).st_size
                if sha256 and self.has(sha256, size) and self.is_whole(sha256):
                    return Copy(sha256, size, None)
                self._make(self.root)
                # One writer for each source: what a killed run left is written over.
                waiting = self.root / f".{self._source}.part"
                digest, copied = hashlib.sha256(), 0
                with _private(waiting, os.O_TRUNC) as target:
                    while chunk := source.read(_CHUNK):
                        digest.update(chunk)
                        target.write(chunk)
                        copied += len(chunk)
                    target.flush()
                    os.fsync(target.fileno())
        except OSError as error:
            raise self._unusable(error) from error
        return Copy(digest.hexdigest(), copied, waiting)

    def keep(self, copy: Copy) -> None:
        """Give a copy its name, for good.

        Raises:
            ArchiveUnusable: it cannot be written.
        """
        if copy.waiting is None:
            return
        try:
            if self.is_whole(copy.sha256):
                copy.waiting.unlink()
                return
            final = self.path(copy.sha256)
            self._make(final.parent)
            copy.waiting.replace(final)
            _settle(final.parent)
        except OSError as error:
            raise self._unusable(error) from error
        self.copied += 1
        self.copied_bytes += copy.size

    def note(self, outer: Outer, read_at: datetime, run_id: str) -> None:
        """Add a delivery to the journal. Noting one again changes nothing.

        Raises:
            ArchiveUnusable: it cannot be written.
        """
        values = {
            "source": self._source,
            "connection": outer.connection,
            "path": outer.path,
            "size": outer.size,
            "mtime": outer.mtime.isoformat(),
            "ctime": outer.ctime.isoformat() if outer.ctime else None,
            "sha256": outer.sha256,
            "read_at": read_at.isoformat(),
            "run_id": run_id,
        }
        self._write(values)

    def forget(self, sha256: str) -> None:
        """Remove a content for good, as its retention wants it; nothing asks for it any more.

        Raises:
            ArchiveUnusable: it cannot be written.
        """
        # Noted first: a copy that is gone and not noted would be missed by a rebuild.
        self._write({"source": self._source, "purged": sha256})
        try:
            self.path(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def _write(self, values: dict[str, Any]) -> None:
        line = json.dumps(values, ensure_ascii=False) + "\n"
        try:
            with _private(self.root / JOURNAL, os.O_APPEND) as journal:
                # Half a line that a crash left must not swallow this one.
                broken = journal.tell() and not _ends_in_newline(self.root / JOURNAL)
                journal.write((b"\n" if broken else b"") + line.encode())
                journal.flush()
                os.fsync(journal.fileno())
        except OSError as error:
            raise self._unusable(error) from error

    def deliveries(self, connection: str) -> Iterator[Delivered]:
        """The journal of one place of the source, in the order of reading, less what was purged.

        Raises:
            ArchiveUnusable: it cannot be read.
        """
        found, purged = [], set()
        try:
            # Bytes, since half a line may end within a letter, and spoils no other.
            with (self.root / JOURNAL).open("rb") as journal:
                for line in journal:
                    values = _values(line)
                    purged.add(values.get("purged"))
                    read = _delivered(values)
                    wanted = (self._source, connection)
                    if read and (read.source, read.outer.connection) == wanted:
                        found.append(read)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unusable(error) from error
        kept = [delivered for delivered in found if delivered.outer.sha256 not in purged]
        yield from sorted(kept, key=lambda delivered: delivered.read_at)

    def _make(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _unusable(self, error: Exception) -> ArchiveUnusable:
        why = getattr(error, "strerror", None) or type(error).__name__
        return ArchiveUnusable(
            f"the archive {self.root} cannot be used ({why}): see whether it is there, has space "
            "and may be written"
        )


def _values(line: bytes) -> dict[str, Any]:
    """What a line of the journal says: nothing, if it is what a crash left of one."""
    try:
        read = json.loads(line)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _delivered(read: dict[str, Any]) -> Delivered | None:
    """The delivery that a line of the journal tells of, if it does."""
    try:
        outer = Outer(
            read["connection"],
            read["path"],
            read["size"],
            datetime.fromisoformat(read["mtime"]),
            datetime.fromisoformat(read["ctime"]) if read["ctime"] else None,
            read["sha256"],
        )
        moment = datetime.fromisoformat(read["read_at"])
        return Delivered(read["source"], outer, moment, read["run_id"])
    except (ValueError, KeyError, TypeError):
        return None


def _private(path: Path, how: int) -> Any:
    return os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "ab" if how & os.O_APPEND else "wb"
    )


def _ends_in_newline(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def _settle(folder: Path) -> None:
    """Have the names of a folder on the disk; Windows has no such call and needs none."""
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
