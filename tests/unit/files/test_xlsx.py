"""The same table lands the same rows from XLSX and from CSV; a hostile workbook costs itself."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from ingest.files import xlsx
from ingest.files.errors import FileRefused
from ingest.files.model import MIB, Layout, Limits
from tests.unit.files.making import NIGHTS, read, write, xlsx_bytes, zip_bytes

HEADER = ["Date", "ZoneObservation", "Volume"]
ROWS = [
    [date(2024, 1, 2), "CABA", 12],
    ["2024-01-03", 'Océan "Indien"; Réunion', 1234567],
    [date(2024, 1, 4), "01001", 0.5],
    [date(2024, 1, 5), "deux\nlignes", None],
    [date(2024, 1, 6), " 2A004 ", -3.0],
]
TWIN = (
    "Date;ZoneObservation;Volume\r\n2024-01-02;CABA;12\r\n"
    '2024-01-03;"Océan ""Indien""; Réunion";1234567\r\n2024-01-04;01001;0.5\r\n'
    '2024-01-05;"deux\nlignes";\r\n2024-01-06; 2A004 ;-3\r\n'
)


def workbook(tmp_path: Path, *rows: list[object], **more: list[list[object]]) -> Path:
    return write(tmp_path / "a.xlsx", xlsx_bytes({"Feuille 1": rows, **more}))


def test_a_workbook_and_its_csv_twin_land_the_same_rows(tmp_path: Path) -> None:
    from_xlsx = read(workbook(tmp_path, HEADER, *ROWS))
    from_csv = read(write(tmp_path / "a.csv", TWIN))
    assert from_xlsx.rows == from_csv.rows
    assert from_xlsx.rejects == from_csv.rejects == []
    assert from_xlsx.result.columns == from_csv.result.columns
    assert from_xlsx.result.first_day == from_csv.result.first_day == date(2024, 1, 2)


def test_cells_are_written_as_a_csv_would_have_them(tmp_path: Path) -> None:
    noon = b'<c r="WHERE" s="2"><v>45293.5</v></c>'
    midnight = b'<c r="WHERE" s="2"><v>45293</v></c>'
    path = workbook(
        tmp_path,
        [*HEADER, "Ferie"],
        [noon, "x", 12.0, True],
        [midnight, "x", 0.1 + 0.2, False],
        [date(2024, 1, 2), "NA", 1e21, "TRUE"],
    )
    assert read(path).values("date", "zone_observation", "volume", "ferie") == [
        ("2024-01-02 12:00:00", "x", "12", "1"),
        ("2024-01-02", "x", "0.3", "0"),
        ("2024-01-02", "NA", "1000000000000000000000", "TRUE"),
    ]


def test_empty_rows_are_no_records_and_lines_are_rows_of_the_sheet(tmp_path: Path) -> None:
    nothing: list[object] = [None] * 4
    path = workbook(
        tmp_path,
        nothing,
        HEADER,
        nothing,
        ["2024-01-01", "deux\nlignes", 1],
        ["2024-01-02", "b", 2, "beside the table"],
        nothing,
    )
    found = read(path)
    assert found.values("_row_number", "zone_observation") == [(1, "deux\nlignes")]
    [reject] = found.rejects
    assert (reject.row_number, reject.line_number) == (2, 5)
    assert reject.reason == "a value in a column without a name"


def test_a_sheet_of_notes_is_no_harm_but_two_tables_are(tmp_path: Path) -> None:
    notes = [["Lisez-moi"], ["rien"]]
    path = write(tmp_path / "a.xlsx", xlsx_bytes({"Notes": notes, "T": [HEADER, ROWS[0]]}))
    assert len(read(path).rows) == 1
    twice = write(tmp_path / "b.xlsx", xlsx_bytes({"T": [HEADER, ROWS[0]], "U": [HEADER, ROWS[1]]}))
    with pytest.raises(FileRefused, match="several sheets have the columns of the table: 'T', 'U'"):
        read(twice)


def test_a_changed_header_or_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="header changed: missing Volume"):
        read(workbook(tmp_path, ["Date", "Zone", "Vol"], ["2024-01-01", "a", 1]))
    with pytest.raises(FileRefused, match="empty file"):
        read(workbook(tmp_path))
    with pytest.raises(FileRefused, match="empty file"):
        read(write(tmp_path / "b.xlsx", b""))
    assert read(workbook(tmp_path, HEADER)).result.rows_read == 0


@pytest.mark.parametrize("corner", ["XFD1048576", "XFD1000"])
def test_a_cell_in_a_far_corner_costs_only_its_own_process(tmp_path: Path, corner: str) -> None:
    cell = b'<c r="%s"><v>1</v></c>' % corner.encode()
    path = workbook(tmp_path, HEADER, [cell])
    assert path.stat().st_size < 3000
    with pytest.raises(FileRefused, match="beyond 256 MiB of memory"):
        read(path, limits=Limits(xlsx_memory=256 * MIB))


def test_a_workbook_beyond_the_limits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="more than 5 cells"):
        read(workbook(tmp_path, HEADER, *ROWS), limits=Limits(xlsx_cells=5))
    bomb = xlsx_bytes({"T": [HEADER]}, sheet1_xml=b" " * 20 * MIB)
    with pytest.raises(FileRefused, match="over the limit"):
        read(write(tmp_path / "bomb.xlsx", bomb))
    with pytest.raises(FileRefused, match="larger than 1 MiB"):
        read(tmp_path / "bomb.xlsx", limits=Limits(ratio=1e9, member_bytes=MIB))


def test_a_name_that_is_not_utf8_is_no_obstacle(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEADER, *ROWS)
    odd = path.rename(tmp_path / os.fsdecode(b"dur\xe9e.xlsx"))
    assert len(read(odd).rows) == len(ROWS)


def test_time_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("xlsx", 1)

    monkeypatch.setattr(xlsx.subprocess, "run", slow)
    with pytest.raises(FileRefused, match="not read within 7 s"):
        read(workbook(tmp_path, HEADER), limits=Limits(xlsx_seconds=7))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 cut short", "damaged workbook"),
        (b"not at all", "damaged workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "protected by a password"),
        (zip_bytes({"hello.txt": b"hi"}), "workbook refused"),
        (xlsx_bytes({"T": [HEADER]}, sheet1_xml=b"<worksheet><sheetData><row"), "workbook"),
    ],
)
def test_damaged_workbooks_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason) as caught:
        read(write(tmp_path / "a.xlsx", content))
    assert "\n" not in str(caught.value)


def test_the_reading_process_sees_no_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, object] = {}
    run = subprocess.run

    def spying(*args: object, **options: object) -> object:
        seen.update(options)
        return run(*args, **options)  # type: ignore[call-overload]

    monkeypatch.setenv("FLUXVISION_PASSWORD", "secret")
    monkeypatch.setattr(xlsx.subprocess, "run", spying)
    read(workbook(tmp_path, HEADER, *ROWS))
    assert isinstance(seen["env"], dict)
    assert set(seen["env"]) <= {"SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
    assert "FLUXVISION_PASSWORD" in os.environ


def test_a_layout_without_header_takes_the_first_sheet_with_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", xlsx_bytes({"Vide": [], "T": [["A"], ["1"]]}))
    assert read(path, Layout()).values("a") == [("1",)]
    assert NIGHTS.header
