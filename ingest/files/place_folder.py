"""Deliveries in a folder of this machine, or of a drive mounted on it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ingest.files.errors import FileUnreadable, PlaceUnreachable
from ingest.files.model import Entry
from ingest.files.places import Local, clean, utc


@dataclass(frozen=True, slots=True)
class InPlace:
    """A file read where it lies."""

    path: Path
    entry: Entry

    def has_changed(self) -> bool:
        """Whether size, mtime or ctime are no longer as listed, or the file is gone."""
        try:
            found = _entry(self.entry.path, self.entry.native, self.path.stat())
        except OSError:
            return True
        return found != self.entry


class FolderPlace:
    """A folder. Its files are read in place."""

    def __init__(self, root: Path):
        """Look whether the folder is there.

        Raises:
            PlaceUnreachable: it is not.
        """
        self._root = root
        if not root.is_dir():
            raise PlaceUnreachable(
                f"{self.label} is not a folder that can be read: create it, or mend the setting"
            )
        self._real_root = root.resolve()

    @property
    def label(self) -> str:
        """The path."""
        return clean(str(self._root))

    def list(self) -> Iterator[Entry]:
        """List recursively. Links to folders are not followed; see `Place.list`.

        A folder that cannot be read fails the whole place: its files would seem withdrawn.
        """
        yield from self._list("")

    def fetch(self, entry: Entry, to: Path) -> bool:
        """Copy one file; see `Place.fetch`."""
        with self.open(entry, to.parent) as local:
            try:
                to.touch(mode=0o600)
                shutil.copyfile(local.path, to)
            except OSError as error:
                raise FileUnreadable(_why(error)) from error
            return local.has_changed()

    @contextmanager
    def open(self, entry: Entry, scratch: Path) -> Iterator[Local]:
        """Give the file itself; see `Place.open`.

        Raises:
            FileUnreadable: it is a link that leaves the place, or may not be read.
        """
        path = self._root / entry.native
        try:
            if not path.resolve(strict=True).is_relative_to(self._real_root):
                raise FileUnreadable("a symbolic link that leaves the place")
            with path.open("rb"):
                pass
        except OSError as error:
            raise FileUnreadable(_why(error)) from error
        yield InPlace(path, entry)

    def take_away(self, entry: Entry, to: str | None) -> bool:
        """Move or remove one file; see `Place.take_away`."""
        path = self._root / entry.native
        if InPlace(path, entry).has_changed():
            return False
        try:
            if to is None:
                path.unlink()
            else:
                target = self._root / to
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
        except OSError as error:
            raise FileUnreadable(f"cannot be taken away: {error.strerror}") from error
        return True

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _list(self, folder: str) -> Iterator[Entry]:
        try:
            with os.scandir(self._root / folder) as found:
                items = [(item.name, item) for item in found]
        except OSError as error:
            raise PlaceUnreachable(
                f"{self.label}: the folder {clean(folder) or '.'} cannot be read "
                f"({error.strerror}): give the right to read it"
            ) from error
        # With its '/', a folder sorts where the paths under it belong.
        keyed = [
            (clean(name) + ("/" if item.is_dir(follow_symlinks=False) else ""), name, item)
            for name, item in items
        ]
        for key, name, item in sorted(keyed, key=lambda entry: entry[:2]):
            native = f"{folder}{name}"
            if key.endswith("/"):
                yield from self._list(f"{native}/")
            else:
                yield self._file(native, item)

    def _file(self, native: str, item: os.DirEntry[str]) -> Entry:
        path = clean(native)
        try:
            linked = item.is_symlink()
            status = (self._root / native).stat()
        except OSError as error:
            # Gone since, or a link to nothing.
            found = utc(0)
            return Entry(path, 0, found, None, native, f"cannot be read ({_why(error)})")
        if linked and not (self._root / native).resolve().is_relative_to(self._real_root):
            return _entry(path, native, status, "a symbolic link that leaves the place")
        if linked and stat.S_ISDIR(status.st_mode):
            return _entry(path, native, status, "a symbolic link to a folder")
        if not stat.S_ISREG(status.st_mode):
            return _entry(path, native, status, "not a regular file")
        return _entry(path, native, status)


def _entry(path: str, native: str, status: os.stat_result, refused: str | None = None) -> Entry:
    modified, changed = utc(status.st_mtime), utc(status.st_ctime)
    return Entry(path, status.st_size, modified, changed, native, refused)


def _why(error: OSError) -> str:
    return f"cannot be read: {error.strerror or type(error).__name__}"
