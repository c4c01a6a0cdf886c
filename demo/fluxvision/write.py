"""Write a plan to disk: the same arguments give the same bytes and the same dates."""

from __future__ import annotations

import filecmp
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO

from demo.fluxvision import content, faults
from demo.fluxvision.archives import deflated, stored
from demo.fluxvision.content import DataFile
from demo.fluxvision.deliveries import Archive, Delivery, Member, OtherFile
from demo.fluxvision.plan import Plan
from demo.fluxvision.xlsx import Value, workbook

_IN_MEMORY = 8 * 1024 * 1024  # an inner archive beyond this size waits on disk
_COPY = 1024 * 1024


@dataclass
class Written:
    """What a run made: files of the drop, data files inside them, rows, bytes, files left as is."""

    deliveries: int = 0
    data_files: int = 0
    rows: int = 0
    size: int = 0
    unchanged: int = 0


def write(plan: Plan, out: Path, progress: Callable[[int], None] | None = None) -> Written:
    """Write every delivery below `out`, made if need be.

    A file that is there already with the same bytes is not touched, so a drop that is being
    watched only sees what is new. `progress` is told how many deliveries are done.

    Raises:
        OSError: if `out` cannot be written to.
    """
    done = Written()
    out.mkdir(parents=True, exist_ok=True)
    for delivery in plan.deliveries:
        _deliver(delivery, out, done)
        done.deliveries += 1
        if progress is not None:
            progress(done.deliveries)
    return done


def _deliver(delivery: Delivery, out: Path, done: Written) -> None:
    target = out / delivery.path
    target.parent.mkdir(parents=True, exist_ok=True)
    upload = target.with_name(target.name + ".part")
    with upload.open("w+b") as file:
        _write_member(delivery.content, file, delivery.published, done)
    moment = delivery.published.timestamp()
    done.size += upload.stat().st_size
    if target.exists() and filecmp.cmp(upload, target, shallow=False):
        upload.unlink()
        done.unchanged += 1
        if target.stat().st_mtime != moment:
            os.utime(target, (moment, moment))
        return
    os.utime(upload, (moment, moment))
    upload.replace(target)


def _write_member(member: Member, file: IO[bytes], moment: datetime, done: Written) -> None:
    if isinstance(member, Archive):
        _write_archive(member, file, moment, done)
    elif isinstance(member, OtherFile):
        file.write(member.body)
    else:
        _write_data(member, file, moment, done)


def _write_archive(archive: Archive, file: IO[bytes], moment: datetime, done: Written) -> None:
    with zipfile.ZipFile(file, "w") as made:
        for member in archive.members:
            if isinstance(member, Archive):
                _write_inner(made, member, moment, done)
                continue
            with made.open(deflated(member.name, moment), "w") as body:
                _write_member(member, body, moment, done)
    _spoil_archive(archive.fault, file)


def _spoil_archive(fault: str, file: IO[bytes]) -> None:
    """Leave the archive as a broken transfer would."""
    size = file.seek(0, os.SEEK_END)
    if fault == "truncated":
        file.truncate(size * 6 // 10)
    elif fault == "corrupted":
        file.seek(size // 3)
        file.write(b"\x00" * (size // 10))


def _write_inner(outer: zipfile.ZipFile, inner: Archive, moment: datetime, done: Written) -> None:
    """A ZIP is written with seeks: make it apart, then store it whole."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as made:
        _write_archive(inner, made, moment, done)
        made.seek(0)
        with outer.open(stored(inner.name, moment), "w") as body:
            while piece := made.read(_COPY):
                body.write(piece)


def _write_data(file: DataFile, out: IO[bytes], moment: datetime, done: Written) -> None:
    done.data_files += 1
    if file.is_workbook:
        body = workbook(_workbook_rows(file, done), moment)
        out.write(body[: len(body) // 2] if file.faults else body)
        return
    if file.faults:
        body = faults.spoil(file)
        out.write(body)
        done.rows += max(0, body.count(b"\n") - 1)
        return
    for piece in content.text(file):
        out.write(piece)
        done.rows += piece.count(b"\n")
    done.rows -= 1  # the header


def _workbook_rows(file: DataFile, done: Written) -> Iterator[list[Value]]:
    """Yield the rows of a workbook: dates as dates, counts as numbers, codes as text."""
    names = content.header(file)
    yield list(names)
    for row in content.rows(file):
        done.rows += 1
        yield [_typed(name, value) for name, value in zip(names, row, strict=True)]


def _typed(name: str, value: str) -> Value:
    if name == "Date":
        return date.fromisoformat(value)
    if name in ("Volume", "DureeSejourNum", "Ferie") or name.startswith("Vacances"):
        return int(value)
    return value
