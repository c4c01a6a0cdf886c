"""Read a drop back the way a stranger would."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from python_calamine import CalamineWorkbook

SMALL = 0.001


@dataclass(frozen=True)
class ReadFile:
    """A data file as read back: its path (members after `!`), raw bytes, header and rows."""

    path: str
    body: bytes
    header: list[str]
    rows: list[list[str]]

    @property
    def name(self) -> str:
        return self.path.rsplit("!", 1)[-1].rsplit("/", 1)[-1]

    def column(self, *names: str) -> list[str]:
        place = next(self.header.index(name) for name in names if name in self.header)
        return [row[place] for row in self.rows]


def bodies(path: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every file in a drop, archives opened."""
    if not path.endswith(".zip"):
        yield path, body
        return
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for name in archive.namelist():
            yield from bodies(f"{path}!{name}", archive.read(name))


def files_below(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def decoded(body: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("neither UTF-8 nor Windows-1252")


def read_back(path: str, body: bytes) -> ReadFile:
    if path.endswith(".xlsx"):
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0)
        records = [[_text(value) for value in row] for row in sheet.to_python()]
        return ReadFile(path, body, records[0], records[1:])
    text = decoded(body)
    first = text.split("\n", 1)[0]
    separator = max(";,\t", key=first.count)
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    return ReadFile(path, body, records[0], records[1:])


def _text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
