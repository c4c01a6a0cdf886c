"""A small writer of XLSX workbooks: one sheet, the same bytes for the same rows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from xml.sax.saxutils import escape

from demo.fluxvision.archives import deflated

Value = str | int | float | date

_EPOCH = date(1899, 12, 30)  # day 0 of spreadsheets
_NAMESPACE = "http://schemas.openxmlformats.org"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = f"{_NAMESPACE}/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_NAMESPACE}/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_NAMESPACE}/spreadsheetml/2006/main" xmlns:r="{_RELATIONS}">'
        '<sheets><sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    # Style 1 is a date; the others are plain.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_NAMESPACE}/spreadsheetml/2006/main">'
        "<fonts count=\"1\"><font/></fonts><fills count=\"1\"><fill/></fills>"
        "<borders count=\"1\"><border/></borders>"
        '<cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0" xfId="0"/>'
        '<xf numFmtId="14" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}  # fmt: skip


def workbook(rows: Iterable[Iterable[Value]], moment: datetime) -> bytes:
    """Return a workbook whose one sheet holds the rows; dates become date cells."""
    sheet = io.StringIO()
    sheet.write(f'<worksheet xmlns="{_NAMESPACE}/spreadsheetml/2006/main"><sheetData>')
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(_column(place) + str(number), v) for place, v in enumerate(row))
        sheet.write(f'<row r="{number}">{cells}</row>')
    sheet.write("</sheetData></worksheet>")
    parts = _PARTS | {"xl/worksheets/sheet1.xml": sheet.getvalue()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in parts.items():
            archive.writestr(deflated(name, moment), (_HEAD + body).encode("utf-8"))
    return buffer.getvalue()


def _column(place: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _cell(reference: str, value: Value) -> str:
    if isinstance(value, date):
        return f'<c r="{reference}" s="1"><v>{(value - _EPOCH).days}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{reference}"><v>{value}</v></c>'
    space = ' xml:space="preserve"' if value != value.strip() else ""
    return f'<c r="{reference}" t="inlineStr"><is><t{space}>{escape(value)}</t></is></c>'
