"""What a request asks of the delivered files: which of them, and how thoroughly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from ingest.files.naming import Named, own_name


@dataclass(frozen=True, slots=True)
class Wishes:
    """`tables`: names of the selected tables. `max_size` in bytes. None asks for all.

    `rehash`: read what has not changed too. `reload`: land it again, too. `contents`: ids of the
    only contents that are to be read.
    """

    tables: frozenset[str]
    files: str | None = None
    year: int | None = None
    max_size: int | None = None
    retry_failed: bool = False
    rehash: bool = False
    reload: bool = False
    contents: frozenset[str] | None = None

    @property
    def are_for_some(self) -> bool:
        """Whether some files of the tables are left out."""
        return bool(self.files or self.year or self.max_size is not None)

    def includes(self, file_id: str | None) -> bool:
        """Whether a content is among those that are to be read."""
        return self.contents is None or file_id in self.contents

    def leaves_out(self, path: str, named: Named, delivered_at: datetime) -> str | None:
        """Why a file of a table is not asked for; None if it is.

        The year of a file is that of its name, or of its delivery if its name has none.
        """
        if named.table not in self.tables:
            return "left out by --select"
        if self.files and not matches(path, self.files):
            return "left out by --files"
        if self.year and self.year != (named.year or delivered_at.year):
            return "left out by --year"
        return None

    def is_too_large(self, size: int | None) -> str | None:
        """Why a file of `size` bytes is left for later; None if it is not."""
        if self.max_size is not None and size is not None and size > self.max_size:
            return f"left out by --max-size: it has {size} bytes"
        return None


def matches(path: str, pattern: str) -> bool:
    """Whether `--files PATTERN` means a file: its path, its own name, or its outer file's."""
    glob, whole = pattern.lower(), path.lower()
    outer = whole.partition("!")[0]
    names = (whole, outer, own_name(whole), own_name(outer))
    return any(fnmatchcase(name, glob) for name in names)
