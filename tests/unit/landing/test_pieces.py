"""The small pieces: parts, rejects, run log, credentials, identities, the final report."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest import ledger
from ingest.files.model import Limits, Reject
from ingest.ledger import Delivery, Outer
from ingest.loader import credentials
from ingest.package import Reading
from ingest.parts import Destination, Parts
from ingest.rejects import RejectFile
from ingest.report import Report
from ingest.runlog import Line, RunLog, new_run_id
from ingest.setting_out import limits
from ingest.settings import SettingsError, Warehouse

NOW = datetime(2026, 11, 20, 6, 16, 14, tzinfo=UTC)
TO = Destination("raw_x", "t")


def batch(*values: str, column: str = "a") -> pa.RecordBatch:
    return pa.record_batch({column: list(values)})


def test_small_files_share_a_part(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    for values in (["1"], ["2"], ["3", "4"], ["5"]):
        parts.add(TO, batch(*values))
    assert parts.rows == 5
    [part] = parts.take()[TO]
    assert pq.read_table(part.path)["a"].to_pylist() == ["1", "2", "3", "4", "5"]
    assert parts.rows == 0 and parts.take() == {}


def test_a_large_table_is_dealt_out_to_two_parts(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    for number in range(20):
        parts.add(TO, batch(*[str(number)] * 20_000))
    taken = parts.take()[TO]
    assert [part.rows for part in taken] == [200_000, 200_000]
    found = pa.concat_tables([pq.read_table(part.path) for part in taken])["a"]
    assert {row["values"]: row["counts"] for row in found.value_counts().to_pylist()} == {
        str(number): 20_000 for number in range(20)
    }


def test_a_wide_table_has_few_rows_in_a_row_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.parts.GROUP_BYTES", 1_000)
    parts = Parts(tmp_path)
    for _ in range(4):
        parts.add(TO, batch(*["x" * 100] * 6))
    (part,) = parts.take()[TO]
    assert pq.ParquetFile(part.path).metadata.num_row_groups == 2
    assert (part.rows, pq.read_table(part.path).num_rows) == (24, 24)


def test_other_columns_make_another_part(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    parts.add(TO, batch("1"))
    parts.add(TO, batch("2", column="b"))
    assert [part.columns.names for part in parts.take()[TO]] == [["a"], ["b"]]


def test_a_reject_reaches_the_table_whatever_its_text(tmp_path: Path) -> None:
    file = RejectFile(
        tmp_path / "r", run_id="R", source="s", table="t", file_id="f", delivered="p\tq"
    )
    file.add(Reject(2, 3, "odd", 'a\\.\tb\n\\.\r"', None))
    sent = io.StringIO()

    class Cursor:
        def copy_expert(self, statement: str, stream: Any) -> None:
            sent.write(stream.read())

    file.copy_to(Cursor())  # type: ignore[arg-type]
    fields = sent.getvalue().rstrip("\n").split("\t")
    assert fields[0] == "f-2"
    assert fields[5] == "p\\tq"
    assert fields[9] == 'a\\\\.\\tb\\n\\\\.\\r"'
    assert fields[10] == "\\N"
    file.forget()
    assert not (tmp_path / "r").exists()


def test_a_run_id_sorts_by_time() -> None:
    assert new_run_id(NOW).startswith("20261120T061614Z-")


def test_the_log_keeps_what_the_database_has_not_got_yet(tmp_path: Path) -> None:
    log = RunLog("R", tmp_path)
    log.add("list", "ok", source="s", rows=3)
    log.keep([Line("load", "ok", rows=1)])
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "R.jsonl").read_text().splitlines()]
    assert [(line["run_id"], line["step"], line["rows"]) for line in lines] == [
        ("R", "list", 3),
        ("R", "load", 1),
    ]


def test_the_loader_connects_with_its_role_alone_in_utc_and_utf8() -> None:
    home = Warehouse("prod", "h", 5432, "d b", "u@x", "p/w ?", sslmode="verify-full")
    url = urlsplit(credentials(home, "R"))
    given = parse_qs(url.query)
    assert url.path == "/d%20b" and url.username == "u%40x" and url.password == "p%2Fw%20%3F"
    assert given["options"][0].split("\t")[:2] == ["-crole=entrepot_loader", "-ctimezone=UTC"]
    assert given["client_encoding"] == ["utf8"] and given["sslmode"] == ["verify-full"]
    assert "+" not in url.query, "libpq takes a plus sign as it is"


def test_identities_depend_on_what_they_name_and_on_nothing_else() -> None:
    one = ledger.file_id("s", "t", "t/2024B1/CABA", "ab")
    assert one == ledger.file_id("s", "t", "t/2024B1/CABA", "ab")
    assert len(one) == 20 and set(one) <= set("0123456789abcdef")
    assert one != ledger.file_id("s", "t", "t/2024B1/HTC", "ab")
    assert ledger.delivery_id("C", "p", "ab") != ledger.delivery_id("D", "p", "ab")


def test_a_file_is_the_same_while_nothing_tells_it_apart() -> None:
    seen = Outer("C", "p", 3, NOW, NOW)
    assert Outer("C", "p", 3, NOW).same_as(seen), "a remote place tells no ctime"
    assert not Outer("C", "p", 4, NOW, NOW).same_as(seen)
    assert not Outer("C", "p", 3, NOW, NOW).same_as(Outer("C", "p", 3, NOW))


def test_limits_come_from_the_settings() -> None:
    found = limits({"ENTREPOT_MAX_MEMBERS": "12", "ENTREPOT_MAX_MEMBER_SIZE": "5MB"})
    assert (found.members, found.member_bytes) == (12, 5 * 2**20)
    assert limits({}) == Limits()
    with pytest.raises(SettingsError, match="ENTREPOT_MAX_RATIO"):
        limits({"ENTREPOT_MAX_RATIO": "many"})


def test_the_report_counts_new_failures_only() -> None:
    report = Report("R")
    content = Delivery("a", "s", "content", table_name="t", sha256="1", loaded=True, rows_read=3)
    content.rows_landed, content.rows_rejected = 2, 1
    old = Delivery("b", "s", "failed", "broken", is_old_failure=True)
    outer = Outer("C", "a", 1, NOW)
    report.recorded(
        Reading(outer, [content, old]), {ledger.delivery_id("C", "a", "1"): "superseded"}
    )
    assert report.exit_code == 0
    assert report.lines["s", "t"].files == {"superseded": 1}
    report.recorded(Reading(outer, [Delivery("c", "s", "failed", "broken")]), {})
    assert (report.exit_code, report.failures) == (1, ["c: broken"])
    assert json.loads(report.as_json())["tables"]["s.t"]["rows_rejected"] == 1
    # A status that no file has takes no column.
    assert "super-" in report.as_table() and "dupli-" not in report.as_table()
