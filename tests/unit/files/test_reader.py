"""Each way a delivered CSV can be odd, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from ingest.files import blocks, reader
from ingest.files.errors import FileRefused
from ingest.files.model import MIB, Layout, Reject
from ingest.files.protect import keyed_hash
from ingest.files.reader import TableFile
from tests.unit.files.making import NIGHTS, read, write

HEAD = "Date;ZoneObservation;Volume\n"


def table(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    return write(tmp_path / "a.csv", content, encoding)


def reasons(rejects: list[Reject]) -> list[tuple[int, int, str]]:
    return [(reject.row_number, reject.line_number, reject.reason) for reject in rejects]


def test_values_stay_what_they_are(tmp_path: Path) -> None:
    path = table(tmp_path, HEAD + "01001;2A004;NA\nTRUE; x ;1e5\nnull;NaN;-0.0\n")
    assert read(path).values("date", "zone_observation", "volume") == [
        ("01001", "2A004", "NA"),
        ("TRUE", " x ", "1e5"),
        ("null", "NaN", "-0.0"),
    ]


def test_an_empty_cell_is_null_quoted_or_not(tmp_path: Path) -> None:
    path = table(tmp_path, HEAD + 'a;;1\nb;"";2\nc;"x""y";""\n')
    assert read(path).values("zone_observation", "volume") == [
        (None, "1"),
        (None, "2"),
        ('x"y', None),
    ]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_the_separator_is_found_by_the_names_of_the_header(tmp_path: Path, separator: str) -> None:
    lines = [["Date", "Zone", "a;b,c\td", "Volume"], ["d", "z", "x", "1"]]
    quoted = ['"' + cell + '"' for line in lines for cell in line]
    content = separator.join(quoted[:4]) + "\n" + separator.join(quoted[4:]) + "\n"
    found = read(table(tmp_path, content))
    assert found.result.separator == separator
    assert found.values("zone", "a_b_c_d") == [("z", "x")]


def test_columns_come_in_any_order_and_more_land_too(tmp_path: Path) -> None:
    layout = replace(NIGHTS, columns=("date", "zone_observation", "zone", "volume", "pays"))
    path = table(tmp_path, "Volume;Nouvelle Colonne; Zone ;DATE\n1;n;z;2024-01-01\n")
    found = read(path, layout)
    assert found.batches[0].schema.names == [
        *layout.columns,
        "nouvelle_colonne",
        "_file_id",
        "_row_number",
    ]
    assert found.rows[0]["pays"] is None
    assert found.values("volume", "nouvelle_colonne", "zone") == [("1", "n", "z")]
    assert found.result.columns == {
        "Volume": "volume",
        "Nouvelle Colonne": "nouvelle_colonne",
        "Zone": "zone",
        "DATE": "date",
    }


def test_a_declared_name_wins_over_another_spelling_of_it(tmp_path: Path) -> None:
    path = table(tmp_path, "DATE;ZONE_OBSERVATION;volume\nd;z;1\n")
    assert read(path).values("date", "zone_observation", "volume") == [("d", "z", "1")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"\xef\xbb\xbf", "empty file"),
        (b"\r\n\r\n", "empty file"),
        (b";;;\n", "empty file"),
        (b"Date;Zone;Vol\n1;2;3\n", "header changed: missing Volume$"),
        (b"Jour;Lieu;Volume\n", "missing Date, ZoneObservation or Zone$"),
        (b"2024-01-01;CABA;12\n", "header missing: none of the columns Date, "),
        (b"Date;Zone;Volume;gencod-v;gencod_v\n", "'gencod-v' and 'gencod_v' .* gencod_v$"),
        (b"Date;Zone;Volume;Zone\n", "'Zone' and 'Zone' would both be named zone$"),
        (b"Date;Zone;Volume;***\n", "no column name can be made of"),
        (b"Date;Zo\0ne;Volume;Zone\n", "NUL"),
    ],
)
def test_what_is_not_the_table_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason) as caught:
        read(table(tmp_path, content))
    assert "CABA" not in str(caught.value), "a reason holds no value of a row"


def test_header_only_is_fine(tmp_path: Path) -> None:
    found = read(table(tmp_path, HEAD.rstrip("\n")), replace(NIGHTS, period="2024B1"))
    assert (found.result.rows_read, found.batches) == (0, [])
    assert found.result.columns["ZoneObservation"] == "zone_observation"


def test_ragged_lines_are_rejects_and_the_others_go_on(tmp_path: Path) -> None:
    path = table(tmp_path, "\n" + HEAD + "a;b\nc;d;1\n\ne;f;2;g\r\nh;i;3")
    found = read(path)
    assert found.values("date", "_row_number") == [("c", 2), ("h", 4)]
    assert reasons(found.rejects) == [
        (1, 3, "2 fields instead of 3"),
        (3, 6, "4 fields instead of 3"),
    ]
    assert [reject.raw_text for reject in found.rejects] == ["a;b", "e;f;2;g"]


def test_blank_lines_are_no_records(tmp_path: Path) -> None:
    found = read(table(tmp_path, HEAD + "\na;b;1\r\n\r\n;;\nc;d;2\n\n\n"))
    assert found.values("date", "_row_number") == [("a", 1), ("c", 2)]
    assert found.result.rows_read == 2


def test_quotes_hold_separators_line_ends_and_quotes(tmp_path: Path) -> None:
    path = table(tmp_path, HEAD + '"a";"b;c\r\nd""e""";1\nf;g;2;\nh;i;3\n')
    found = read(path)
    assert found.values("zone_observation", "_row_number") == [('b;c\r\nd"e"', 1), ("i", 3)]
    assert reasons(found.rejects) == [(2, 4, "4 fields instead of 3")]


def test_stray_quotes_cost_at_most_their_own_line(tmp_path: Path) -> None:
    lines = ['a;Cote d"Ivoire;1', 'b;"Congo;2', 'c;"Ocean" Indien;3', 'd;"x;y"z;4', "e;f;5"]
    found = read(table(tmp_path, HEAD + "\n".join(lines) + "\n"))
    assert found.values("date", "zone_observation") == [
        ("a", 'Cote d"Ivoire'),
        ("b", '"Congo'),
        ("c", '"Ocean" Indien'),
        ("e", "f"),
    ]
    assert reasons(found.rejects) == [(4, 5, "a quote is not closed, or text follows its end")]


def test_a_nul_is_never_removed_in_silence(tmp_path: Path) -> None:
    found = read(table(tmp_path, HEAD + "a;b\0c;1\nd;e;2\n"))
    assert found.values("date") == [("d",)]
    assert reasons(found.rejects) == [(1, 2, "a NUL byte")]
    assert found.rejects[0].raw_text == "a;b\\x00c;1"


def test_one_undecodable_line_costs_itself(tmp_path: Path) -> None:
    content = HEAD + "été;é;1\nété;è;2\n"
    found = read(table(tmp_path, content.encode() + b"a;\xe9\xe9;3\nb;c;4\n"))
    assert found.result.encoding == "utf-8"
    assert found.values("_row_number", "zone_observation") == [(1, "é"), (2, "è"), (4, "c")]
    assert reasons(found.rejects) == [(3, 4, "bytes that are not utf-8")]
    assert found.rejects[0].raw_text == "a;\\xe9\\xe9;3"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "iso-8859-1", "utf-16"])
def test_encodings_land_the_same_text(tmp_path: Path, encoding: str) -> None:
    content = HEAD + "".join(f"2024-01-0{n};Châtaigneraie à l'été;{n}\r\n" for n in range(1, 9))
    found = read(table(tmp_path, content, encoding), block_bytes=64)
    assert {zone for (zone,) in found.values("zone_observation")} == {"Châtaigneraie à l'été"}
    expected = {"utf-8-sig": "utf-8", "iso-8859-1": "cp1252"}.get(encoding, encoding)
    assert found.result.encoding == expected
    assert len(found.rows) == 8


def test_a_half_utf16_file_is_refused(tmp_path: Path) -> None:
    content = (HEAD + "a;b;1\n").encode("utf-16")
    with pytest.raises(FileRefused, match="bytes that are not utf-16"):
        read(table(tmp_path, content[:-1]))


def test_an_overlong_line_costs_itself_and_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks.blocks, "__defaults__", (1000,))
    monkeypatch.setattr(blocks, "KEPT_OF_LONG_LINE", 10)
    content = HEAD + "a;b;1\n" + "x" * 5000 + ";y;2\n" + "c;d;3\n" + "z" * 5000
    found = read(table(tmp_path, content), block_bytes=300)
    assert found.values("date", "_row_number") == [("a", 1), ("c", 3)]
    assert [(reject.row_number, reject.line_number) for reject in found.rejects] == [(2, 3), (4, 5)]
    assert found.rejects[0].raw_text == "x" * 10
    assert "longer than" in found.rejects[0].reason


def test_days_are_told_and_must_meet_the_period(tmp_path: Path) -> None:
    path = table(
        tmp_path, HEAD + "2024-02-03;a;1\n31/12/2023;b;2\nnever;c;3\n2024-03-09 12:00;d;4\n"
    )
    found = read(path, replace(NIGHTS, period="2024B1"))
    assert (found.result.first_day, found.result.last_day) == (date(2023, 12, 31), date(2024, 3, 9))
    with pytest.raises(FileRefused, match="no day of the file lies in 2024B3: its days go from"):
        read(path, replace(NIGHTS, period="2024B3"))
    with pytest.raises(FileRefused, match="no day of the file lies in 2024B3: no day"):
        read(table(tmp_path, HEAD + "a;b;1\n"), replace(NIGHTS, period="2024B3"))


def test_lineage_stands_on_each_row(tmp_path: Path) -> None:
    found = read(table(tmp_path, HEAD + "a;b;1\nc;d;2\n"))
    assert found.values("_file_id", "_row_number") == [("f" * 20, 1), ("f" * 20, 2)]
    assert found.batches[0].schema.field("_row_number").type == pa.int64()


class TestPersonalColumns:
    layout = replace(NIGHTS, pii={"zone_observation": "pseudonymise", "E-mail": "drop"})
    content = "Date;ZoneObservation;Volume;E-mail\nd;Jean;1;j@x\ne;;2;k@x\nf;Jean;3\n"

    def test_they_are_dropped_or_hashed_with_the_key(self, tmp_path: Path) -> None:
        found = read(table(tmp_path, self.content), self.layout, pii_key=b"key")
        jean = keyed_hash(b"key", "Jean")
        assert found.values("zone_observation") == [(jean,), (None,)]
        assert jean != keyed_hash(b"other", "Jean")
        assert "e_mail" not in found.rows[0]
        assert "E-mail" not in found.result.columns

    def test_rejects_hold_a_keyed_hash_and_no_text(self, tmp_path: Path) -> None:
        [reject] = read(table(tmp_path, self.content), self.layout, pii_key=b"key").rejects
        assert reject.raw_text is None
        assert reject.raw_hash == keyed_hash(b"key", "f;Jean;3")
        assert (reject.row_number, reject.line_number) == (3, 4)

    def test_a_declared_column_is_dropped_even_if_absent(self, tmp_path: Path) -> None:
        layout = replace(self.layout, columns=("date", "e_mail"))
        found = read(table(tmp_path, HEAD + "a;b;1\n"), layout, pii_key=b"key")
        assert "e_mail" not in found.rows[0]

    def test_without_a_key_nothing_is_read(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="key"):
            read(table(tmp_path, self.content), self.layout)


def test_a_table_of_one_column_is_read(tmp_path: Path) -> None:
    found = read(table(tmp_path, 'Nom\na\n\n"b"\n""\nc;d\n'), Layout(header=(("Nom",),)))
    assert found.values("nom", "_row_number") == [("a", 1), ("b", 2)]
    assert reasons(found.rejects) == [(3, 6, "2 fields instead of 1")]


def test_many_odd_blocks_keep_memory_flat(tmp_path: Path) -> None:
    row = b"2024-01-01;" + b"x" * 80 + b";1\n"
    path = table(tmp_path, HEAD.encode() + (row * 20_000 + b'a;"b\n') * 5)
    before = pa.total_allocated_bytes()
    rejects: list[Reject] = []
    file = TableFile(
        path, NIGHTS, file_id="f", rejects=rejects.append, scratch=tmp_path, block_bytes=MIB // 4
    )
    peak = rows = 0
    for batch in file.batches():
        rows += batch.num_rows
        peak = max(peak, pa.total_allocated_bytes() - before)
    assert (rows, len(rejects)) == (100_000, 5)
    assert peak < 4 * MIB


def test_storable_shows_what_postgresql_cannot_hold() -> None:
    assert reader.storable("é\0\udce9") == "é\\x00\\xe9"
