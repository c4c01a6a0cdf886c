"""Lines of a file as they are, and what a file that has grown begins with."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.files.blocks import KEPT_OF_LONG_LINE, MAX_LINE
from ingest.files.growing import WHOLE, Beginning, Content, Start, beginning
from ingest.files.lines import LinesFile
from ingest.files.model import MIB, Reject
from tests.support.lines import split

PIECES = [b"\n", b"\r\n", b"\r", b"\0", b"\xe9", b"20250528 05:02:11|@MachineStart", b" ", b"x"]
BODIES = st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)
quietly = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def reader(
    path: Path, start: Start = WHOLE, block: int = 4 * MIB
) -> tuple[LinesFile, list[Reject]]:
    rejects: list[Reject] = []
    columns = {"machine": "DEM12", "texte": None, "fichier": "20250528.LOG"}
    file = LinesFile(
        path, columns, file_id="F", rejects=rejects.append, start=start, block_bytes=block
    )
    return file, rejects


def lines_of(file: LinesFile) -> list[tuple[int, str]]:
    rows = [row for batch in file.batches() for row in batch.to_pylist()]
    assert {(r["machine"], r["fichier"], r["_file_id"]) for r in rows} <= {
        ("DEM12", "20250528.LOG", "F")
    }
    return [(row["_row_number"], row["texte"]) for row in rows]


def write(folder: Path, body: bytes) -> Path:
    path = folder / "20250528.LOG"
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a\r\n\r\nb\n", ["a", "", "b"]),
        (b"a\nhalf writ", ["a", "half writ"]),
        (b"a\nhalf ended\r", ["a", "half ended"]),
        (b"a\rb\r\r\n", ["a\rb\r"]),
        (b"PVC \xe9t\xe9 \x81\x85\n", ["PVC été \x81\x85"]),
        (b"20250528 05\0:02\0\0\n\0", ["20250528 05␀:02␀␀", "␀"]),
    ],
)
def test_each_line_is_landed_as_it_is(tmp_path: Path, body: bytes, lines: list[str]) -> None:
    file, rejects = reader(write(tmp_path, body))
    assert lines_of(file) == list(enumerate(lines, start=1))
    assert (file.result.rows_read, file.result.rows_landed) == (len(lines), len(lines))
    assert rejects == []


@quietly
@given(body=BODIES, block=st.sampled_from([1, 3, 64]))
def test_no_size_of_the_blocks_changes_what_is_read(
    tmp_path: Path, body: bytes, block: int
) -> None:
    file, _ = reader(write(tmp_path, body), block=block)
    assert lines_of(file) == split(body)


def test_the_days_are_those_that_lines_begin_with(tmp_path: Path) -> None:
    body = b"20250529 00:10:00|@x\r\n20250230 no day\n99991231 nor this\n20250528\n2025052"
    file, _ = reader(write(tmp_path, body))
    lines_of(file)
    assert (file.result.first_day, file.result.last_day) == (date(2025, 5, 28), date(2025, 5, 29))


@pytest.mark.parametrize("block", [4 * MIB, 64 * MIB])
@pytest.mark.parametrize("end", [b"\r\n", b""])
def test_an_overlong_line_is_a_reject_and_the_others_land(
    tmp_path: Path, block: int, end: bytes
) -> None:
    path = write(tmp_path, b"a\nLONG" + b"\0" * MAX_LINE + end + (b"c\n" if end else b""))
    file, rejects = reader(path, block=block)
    assert lines_of(file) == ([(1, "a"), (3, "c")] if end else [(1, "a")])
    [reject] = rejects
    assert (reject.row_number, reject.line_number) == (2, 2)
    assert reject.reason == "a line longer than 16 MiB (its beginning is kept)"
    kept = f"LONG{chr(92)}x00"
    assert reject.raw_text and reject.raw_text.startswith(kept)
    assert "\0" not in reject.raw_text and len(reject.raw_text) <= 4 * KEPT_OF_LONG_LINE
    result = file.result
    assert result.rows_read == result.rows_landed + result.rows_rejected
    assert result.rejects == {reject.reason: 1}


def content(body: bytes, name: str = "") -> Content:
    return Content(name or f"of {len(body)}", "root", len(body), hashlib.sha256(body).hexdigest())


def test_a_file_goes_on_from_the_longest_content_that_it_begins_with(tmp_path: Path) -> None:
    path = write(tmp_path, b"a\nbb\r\nccc")
    held = [content(b"a\n"), content(b"a\nbb"), content(b"b"), content(b"a\nbb\n"), content(b"")]
    assert beginning(path, held) == Beginning(held[1], Start(2, 2))
    assert beginning(path, held[:1]) == Beginning(held[0], Start(2, 2))
    whole = content(b"a\nbb\r\n")
    assert beginning(path, [whole]) == Beginning(whole, Start(6, 3))
    # Not from itself, from nothing, or from what is other or longer.
    assert (
        beginning(path, [content(b"a\nbb\r\nccc"), content(b""), content(b"a\nbb\r\ncccd")]) is None
    )
    assert beginning(path, [content(b"A\n")]) is None


@quietly
@given(body=BODIES, data=st.data())
def test_what_is_added_makes_with_what_was_there_the_lines_of_the_whole(
    tmp_path: Path, body: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(body)))
    path = write(tmp_path, body)
    found = beginning(path, [content(body[:cut])])
    assert (found is None) == (cut in (0, len(body)))
    start = found.goes_on if found else WHOLE
    added = lines_of(reader(path, start)[0])
    before = split(body[:cut])
    kept = [line for line in before if line[0] < start.row]
    assert kept + added == split(body)
    if found:
        # Nothing comes again but a line that had no end.
        assert len(before) - len(kept) == (not body[:cut].endswith(b"\n"))
