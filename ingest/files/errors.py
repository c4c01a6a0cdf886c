"""What can go wrong with a delivered file or the place it lies in; each is one clear line."""

from __future__ import annotations


class FilesError(Exception):
    """Base of all errors of this package; `str(error)` is one line fit for the ledger."""


class PlaceUnreachable(FilesError):
    """A place does not answer, refuses us, or is not the host we know.

    The message names the host (never the password) and what to do. Only the tables of that
    place fail.
    """


class FileUnreadable(FilesError):
    """One file of a place that answers cannot be read (no right, vanished, broken archive)."""


class FileRefused(FilesError):
    """A file was read and is not what its table declares: ledger status `failed`, this reason.

    Nothing of the file may land; rejects already sent to the sink are to be forgotten.
    """


class FileGrowing(FilesError):
    """A file changed while it was read: ledger status `pending`, tried again next time."""


class NamingConflict(FilesError):
    """Two tables claim one file name: a fault of the catalog, to be refused before extraction."""
