"""What the tests of delivered files share: files made on the spot, and a way to read them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa

from ingest.files.model import Layout, ReadResult, Reject
from ingest.files.reader import TableFile

NIGHTS = Layout(header=(("Date",), ("ZoneObservation", "Zone"), ("Volume",)), date_column="Date")


@dataclass
class Read:
    """All that came of a file: rows as dicts, rejects, the result and the batches."""

    rows: list[dict[str, Any]]
    rejects: list[Reject]
    result: ReadResult
    batches: list[pa.RecordBatch]

    def values(self, *columns: str) -> list[tuple[Any, ...]]:
        return [tuple(row[column] for column in columns) for row in self.rows]


def read(path: Path, layout: Layout = NIGHTS, **options: Any) -> Read:
    """Read a file whole, and check what holds for every file."""
    rejects: list[Reject] = []
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    try:
        file = TableFile(
            path, layout, file_id="f" * 20, rejects=rejects.append, scratch=scratch, **options
        )
        batches = list(file.batches())
    finally:
        assert not list(scratch.iterdir()), "nothing stays in the throw-away folder"
    rows = [row for batch in batches for row in batch.to_pylist()]
    result = file.result
    assert all(batch.num_rows and batch.schema == file.schema for batch in batches)
    assert result.rows_read == result.rows_landed + result.rows_rejected
    assert (result.rows_landed, result.rows_rejected) == (len(rows), len(rejects))
    assert sum(result.rejects.values()) == len(rejects)
    numbers = [row["_row_number"] for row in rows] + [reject.row_number for reject in rejects]
    assert sorted(numbers) == list(range(1, result.rows_read + 1))
    return Read(rows, rejects, result, batches)


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def zip_bytes(
    members: Mapping[str, bytes] | Iterable[tuple[zipfile.ZipInfo | str, bytes]],
) -> bytes:
    """A ZIP of these members, in this order, deflated."""
    pairs = members.items() if isinstance(members, Mapping) else members
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            archive.writestr(name, content)
    return buffer.getvalue()


def xlsx_bytes(sheets: Mapping[str, Sequence[Sequence[object]]], **parts: bytes) -> bytes:
    """A workbook with text, number, boolean and date cells; None is a cell that is absent.

    A `bytes` cell is raw XML. `parts` replaces a part by the name of its file, `.` as `_`.
    """
    names = list(sheets)
    members = {
        "[Content_Types].xml": _CONTENT_TYPES
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{_TYPE}worksheet+xml"/>'
            for i in range(1, len(names) + 1)
        )
        + "</Types>",
        "_rels/.rels": f'{_RELS}<Relationship Id="r1" Type="{_REL}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{i}" r:id="r{i}"/>'
            for i, name in enumerate(names, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _RELS
        + "".join(
            f'<Relationship Id="r{i}" Type="{_REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(names) + 1)
        )
        + f'<Relationship Id="s" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }
    for i, rows in enumerate(sheets.values(), 1):
        members[f"xl/worksheets/sheet{i}.xml"] = _sheet(rows)
    contents = {name: text.encode() for name, text in members.items()}
    for name in contents:
        key = name.rsplit("/", 1)[-1].replace(".", "_")
        contents[name] = parts.get(key, contents[name])
    return zip_bytes(contents)


def _sheet(rows: Sequence[Sequence[object]]) -> str:
    body = "".join(
        f'<row r="{r}">'
        + "".join(
            _cell(f"{_column(c)}{r}", value) for c, value in enumerate(row) if value is not None
        )
        + "</row>"
        for r, row in enumerate(rows, 1)
        if any(value is not None for value in row)
    )
    return f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


def _cell(where: str, value: object) -> str:
    if isinstance(value, bytes):
        return value.decode().replace("WHERE", where)
    if isinstance(value, bool):
        return f'<c r="{where}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{where}"><v>{value!r}</v></c>'
    if isinstance(value, date):
        serial = (value - date(1899, 12, 30)).days
        return f'<c r="{where}" s="1"><v>{serial}</v></c>'
    text = escape(str(value))
    return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _column(index: int) -> str:
    return chr(ord("A") + index)


_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = (
    f'{_XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
)
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}styles+xml"/>'
)
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
