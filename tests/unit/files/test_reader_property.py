"""Whatever a file holds, the fast reader gives what the slow rules say, at any block size."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.files import blocks, reader
from ingest.files.encodings import Encoding
from ingest.files.model import Layout
from tests.unit.files.making import read
from tests.unit.files.slow_reader import slow_read

PIECES = [b"a", b"12", b"\xc3\xa9", b"\xe9", b"\x81", b'"', b'""', b";", b",", b"\t", b"\n"]
PIECES += [
    b"\r\n",
    b"\r",
    b"\0",
    b" ",
    b"\xef\xbb\xbf",
    b"NA",
    b"x;y;z\n",
    b'"q;q";y;z\n',
    b"\xc2\xa0",
]
PIECES += [b'x;"two\nlines";z\r\n', b"x;y;z\r\n", b'"";"";z\n', b";;\n", b"true;null;nan\n"]
BODIES = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


def compare(path: Path, body: bytes, encoding: str, whole: bool, header: str, block: int) -> None:
    separator = next(c for c in ";,\t" if c in header)
    names = header.split(separator)
    path.write_bytes(header.encode() + b"\n" + body)
    expected = slow_read(
        body, encoding, separator, len(names), {i for i, name in enumerate(names) if not name}
    )
    layout = Layout(header=(("a",),), separators=(separator,))
    found = read(path, layout, block_bytes=block)
    columns = [name for name in names if name]
    landed = [(row["_row_number"], [row[name] for name in columns]) for row in found.rows]
    kept = [index for index, name in enumerate(names) if name]
    assert landed == [(n, [fields[index] for index in kept]) for n, fields in expected.landed]
    rejected = [(reject.row_number, reject.line_number - 1) for reject in found.rejects]
    assert rejected == expected.rejected


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=BODIES,
    encoding=st.sampled_from([("utf-8", False), ("cp1252", False), ("iso-8859-1", True)]),
    header=st.sampled_from(["a;b;c", "a,b,c", "a\tb\tc", "a;b;", "a;;c", "a;b"]),
    block=st.sampled_from([1, 7, 64, 1 << 20]),
    run=st.sampled_from([1, 2, 100]),
)
@example(b'x;"y";z\n";a";b;c\n', ("utf-8", False), "a;b;c", 64, 2)
@example(b'x;"y"w;z\n', ("utf-8", False), "a;b;c", 1 << 20, 2)
@example(b"\xef\xbb\xbfx;y;z\n", ("utf-8", False), "a;b;c", 1 << 20, 2)
@example(b'"x;y;z\nx;y;z', ("utf-8", False), "a;b;c", 1 << 20, 2)
def test_any_bytes_give_what_the_rules_say(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes,
    encoding: tuple[str, bool],
    header: str,
    block: int,
    run: int,
) -> None:
    name, whole = encoding
    if name == "utf-8":
        try:
            body.decode()
            whole = True
        except UnicodeError:
            whole = False
    monkeypatch.setattr(blocks, "_SHORTEST_RUN", run)
    monkeypatch.setattr(reader, "detect", lambda *_: Encoding(name, 0, whole))
    compare(tmp_path / "a.csv", body, name, whole, header, block)


ROWS = st.lists(
    st.lists(
        st.sampled_from(["", "a", "é;", 'say "x"', "two\nlines", " ", "0", "œ"]),
        min_size=3,
        max_size=3,
    ),
    max_size=30,
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, always=st.booleans(), newline=st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_writer_writes_is_read_back(
    tmp_path: Path, rows: list[list[str]], always: bool, newline: str
) -> None:
    import csv

    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        quoting = csv.QUOTE_ALL if always else csv.QUOTE_MINIMAL
        writer = csv.writer(stream, delimiter=";", lineterminator=newline, quoting=quoting)
        writer.writerows([["a", "b", "c"], *rows])
    found = read(path, Layout(header=(("a",), ("b",), ("c",))), block_bytes=50)
    kept = [tuple(value or None for value in row) for row in rows if any(row)]
    assert found.values("a", "b", "c") == kept
    assert not found.rejects
