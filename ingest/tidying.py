"""What becomes of a delivered file once it has landed and the archive has it: moved, or deleted.

Judged from the ledger at the end of each visit, not from what this run has read: a run that was
killed between its commit and this leaves the file to the next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ingest.archive import Archive
from ingest.files.errors import FileUnreadable
from ingest.files.model import Entry
from ingest.files.places import Place
from ingest.keeping import ASIDE
from ingest.landing import Landing
from ingest.ledger import Outer
from ingest.plan import Stop
from ingest.remembered import Container, containers
from ingest.report import Report
from ingest.runlog import RunLog

_OPEN = ("pending", "failed")


@dataclass(slots=True)
class Tidied:
    """How many files were taken away, their bytes, and those that could not be: one line each."""

    files: int = 0
    size: int = 0
    refused: list[str] = field(default_factory=list)


def after_visit(
    stop: Stop,
    place: Place,
    entries: Sequence[Entry],
    archive: Archive,
    landing: Landing,
    log: RunLog,
    report: Report,
) -> list[str]:
    """Log what was archived, and take away what has landed as the source declares it.

    Returns the files that could not be taken away, one line each.

    Raises:
        PlaceUnreachable: the place went away.
    """
    source, then = stop.source.name, stop.keeping.after_landing
    if archive.copied:
        log.add("archive", "ok", source=source, rows=archive.copied, bytes=archive.copied_bytes)
    if then == "keep":
        return []
    held = landing.ask(lambda cursor: containers(cursor, stop.connection))
    done = tidy(place, entries, held, archive, move=then == "move")
    if done.files:
        what = f"moved to {ASIDE}" if then == "move" else "deleted"
        report.notes.append(f"{stop.connection}: {done.files} files have landed and were {what}")
        log.add(
            *("archive", "ok"),
            source=source,
            rows=done.files,
            bytes=done.size,
            error=f"{what} after landing",
        )
    return [f"{stop.connection}: {line}" for line in done.refused]


def tidy(
    place: Place,
    entries: Sequence[Entry],
    held: Mapping[str, Container],
    archive: Archive,
    *,
    move: bool,
) -> Tidied:
    """Move (else delete) the files of a place whose every content came to its final status.

    A file that is not as it was when it was read is left alone, and so is one whose content the
    archive does not have.

    Raises:
        PlaceUnreachable: the place went away.
    """
    done = Tidied()
    for entry in entries:
        sha256 = _done_with(entry, held.get(entry.path), archive)
        if sha256 is None:
            continue
        # Read once more, since it is about to be the only one.
        if not archive.is_whole(sha256):
            done.refused.append(f"{entry.path}: its copy is damaged; `--rehash` makes it again")
            continue
        try:
            taken = place.take_away(entry, aside(entry, sha256) if move else None)
        except FileUnreadable as error:
            done.refused.append(f"{entry.path}: {error}")
            continue
        if taken:
            done.files += 1
            done.size += entry.size
    return done


def aside(entry: Entry, sha256: str) -> str:
    """Where a file is moved to: its delivery time and the beginning of its hash stand before its
    name, which may come again, and so may its date.
    """
    path = PurePosixPath(entry.native)
    name = f"{entry.mtime:%Y%m%dT%H%M%SZ}_{sha256[:8]}_{path.name}"
    return ASIDE + str(path.with_name(name))


def _done_with(entry: Entry, held: Container | None, archive: Archive) -> str | None:
    """The hash of a file that has come to its end and that the archive has; None for any other."""
    if held is None or held.outer.sha256 is None:
        return None
    listed = Outer(held.outer.connection, entry.path, entry.size, entry.mtime, entry.ctime)
    is_done = (
        listed.same_as(held.outer)
        and not any(known.status in _OPEN for known in held.files)
        and archive.has(held.outer.sha256, entry.size)
    )
    return held.outer.sha256 if is_done else None
