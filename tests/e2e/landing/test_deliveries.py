"""Each way in which files really come ends in the right status, with the right rows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.house import House
from tests.support.nuitee import HEADER, nights, zipped

pytestmark = pytest.mark.e2e

NAME = "Nuitee_2024B1_CABA0.csv"
DAY = 86_400
FIRST = 1_709_251_200  # 2024-03-01
ONLY = ("--select", "fluxvision")


def put(house: House, path: str, content: bytes, mtime: int = FIRST) -> Path:
    file = house.inbox / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (mtime, mtime))
    return file


def statuses(house: House) -> dict[str, list[tuple[str, int]]]:
    """Path -> (status, rows read) of each content seen there, in the order of sight."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path, status, rows in house.rows(
        "select path, status, coalesce(rows_read, 0) from etl.file_ledger"
        " where source = 'fluxvision' order by seen_at, path"
    ):
        found.setdefault(path, []).append((status, rows))
    return found


def volumes(house: House, table: str = "nuitee") -> list[str]:
    """Volumes of the files that hold."""
    return [
        row[0]
        for row in house.rows(
            f"select volume from raw_fluxvision.{table} where _file_id in"
            " (select _file_id from etl.file_ledger where status = 'landed') order by 1"
        )
    ]


def test_a_file_lands_row_for_row_as_text_with_its_lineage(house: House) -> None:
    put(house, NAME, nights(7, 8))
    house.ingest(*ONLY)
    rows = house.records("select * from raw_fluxvision.nuitee order by _row_number")
    assert [row["volume"] for row in rows] == ["7", "8"]
    assert [row["_row_number"] for row in rows] == [1, 2]
    assert rows[0]["date"] == "2024-01-01"
    assert rows[0]["zone"] is None
    [ledger] = house.records("select * from etl.file_ledger where source = 'fluxvision'")
    assert ledger["_file_id"] == rows[0]["_file_id"]
    assert ledger["run_id"] == rows[0]["_run_id"]
    assert ledger["logical_name"] == "nuitee/2024B1/CABA"
    assert (ledger["rows_read"], ledger["rows_landed"], ledger["rows_rejected"]) == (2, 2, 0)
    assert (ledger["encoding"], ledger["separator"]) == ("utf-8", ";")
    assert ledger["delivered_at"].timestamp() == FIRST


def test_content_that_is_sent_again_holds_again(house: House) -> None:
    put(house, NAME, nights(1), FIRST)
    house.ingest(*ONLY)
    put(house, NAME, nights(2), FIRST + DAY)
    house.ingest(*ONLY)
    assert volumes(house) == ["2"]
    put(house, NAME, nights(1), FIRST + 2 * DAY)
    house.ingest(*ONLY)
    assert volumes(house) == ["1"]
    assert house.value("select count(*) from raw_fluxvision.nuitee") == 2


def test_a_correction_that_keeps_its_date_holds(house: House) -> None:
    put(house, NAME, nights(1))
    house.ingest(*ONLY)
    put(house, NAME, nights(2))
    house.ingest(*ONLY)
    assert volumes(house) == ["2"]
    put(house, NAME, nights(1))
    house.ingest(*ONLY)
    assert volumes(house) == ["1"]


def test_a_late_file_with_an_old_date_does_not_hold(house: House) -> None:
    put(house, f"new/{NAME}", nights(2), FIRST + DAY)
    house.ingest(*ONLY)
    put(house, f"old/{NAME}", nights(1), FIRST)
    house.ingest(*ONLY)
    assert volumes(house) == ["2"]
    assert statuses(house)[f"old/{NAME}"] == [("superseded", 1)]


def test_a_copy_is_a_duplicate_and_lands_once(house: House) -> None:
    put(house, NAME, nights(1))
    house.ingest(*ONLY)
    put(house, f"copie/{NAME}", nights(1), FIRST + DAY)
    put(house, "B1.zip", zipped({"Nuitee_2024B1_CABA1.csv": nights(1)}), FIRST + DAY)
    house.ingest(*ONLY)
    assert statuses(house) == {
        NAME: [("landed", 1)],
        f"copie/{NAME}": [("duplicate", 0)],
        "B1.zip!Nuitee_2024B1_CABA1.csv": [("duplicate", 0)],
    }
    assert house.value("select count(*) from raw_fluxvision.nuitee") == 1


def test_copies_in_one_run_land_once(house: House) -> None:
    put(house, "B1.zip", zipped([(f"a/{NAME}", nights(1)), (f"b/{NAME}", nights(1))]))
    put(house, f"c/{NAME}", nights(1))
    house.ingest(*ONLY)
    assert house.value("select count(*) from raw_fluxvision.nuitee") == 1
    assert sorted(status for [(status, _)] in statuses(house).values()) == [
        "duplicate",
        "duplicate",
        "landed",
    ]


def test_every_weekly_content_holds(house: House) -> None:
    put(house, "s1/frequentation_nuitee.csv", nights(1))
    put(house, "s2/frequentation_nuitee.csv", nights(2), FIRST + DAY)
    house.ingest(*ONLY)
    assert volumes(house, "frequentation_nuitee") == ["1", "2"]


def test_what_cannot_be_taken_ends_in_the_ledger_with_its_reason(house: House) -> None:
    put(house, "Nuitee_2024B1_EMPTY0.csv", b"")
    put(house, "Nuitee_2024B1_HEADER0.csv", b"Date;Quantite\n2024-01-01;1\n")
    put(house, "Nuitee_2024B1_PERIOD0.csv", nights(1, day="2023-05-01"))
    put(house, "cut.zip", zipped({NAME: nights(*range(99))})[:-40])
    put(house, "none.zip", zipped({}))
    put(house, "hostile.zip", zipped({f"../../{NAME}": nights(1), f"/etc/{NAME}": nights(1)}))
    put(house, "carte.png", b"\x89PNG")
    put(house, "Diurne_2024B1_CABA0.csv.part", nights(1))
    put(house, "Nuitee_Regions_2024B1_CABA0.csv", nights(1))
    put(house, "Nuitee_2024B1_GOOD0.csv", nights(5))
    done = house.ingest(*ONLY, codes=(1,))
    found = {path: status for path, [(status, _)] in statuses(house).items()}
    assert found == {
        "Nuitee_2024B1_EMPTY0.csv": "failed",
        "Nuitee_2024B1_HEADER0.csv": "failed",
        "Nuitee_2024B1_PERIOD0.csv": "failed",
        "cut.zip": "failed",
        "none.zip": "ignored",
        f"hostile.zip!../../{NAME}": "failed",
        f"hostile.zip!/etc/{NAME}": "failed",
        "carte.png": "ignored",
        "Diurne_2024B1_CABA0.csv.part": "pending",
        "Nuitee_Regions_2024B1_CABA0.csv": "ignored",
        "Nuitee_2024B1_GOOD0.csv": "landed",
    }
    unexplained = "status in ('failed', 'ignored', 'pending') and reason is null"
    assert house.value(f"select count(*) from etl.file_ledger where {unexplained}") == 0
    assert volumes(house) == ["5"]
    assert "Traceback" not in done.err
    again = house.ingest(*ONLY)
    assert again.code == 0, "a failed file that has not changed counts no more"
    assert house.value("select max(attempts) from etl.file_ledger") == 1
    house.ingest(*ONLY, "--retry-failed", codes=(1,))
    assert house.value("select max(attempts) from etl.file_ledger") == 2


def test_a_failed_file_that_is_mended_lands(house: House) -> None:
    put(house, NAME, b"Date;Quantite\n2024-01-01;1\n")
    house.ingest(*ONLY, codes=(1,))
    put(house, NAME, nights(3), FIRST + DAY)
    house.ingest(*ONLY)
    assert volumes(house) == ["3"]
    assert house.value("select count(*) from etl.file_ledger where status = 'failed'") == 0


def test_an_upload_that_ends_lands_and_leaves_nothing_pending(house: House) -> None:
    part = put(house, f"{NAME}.part", nights(3))
    house.ingest(*ONLY)
    part.rename(house.inbox / NAME)
    house.ingest(*ONLY)
    assert volumes(house) == ["3"]
    assert statuses(house)[f"{NAME}.part"] == [("withdrawn", 0)]


def test_rejected_lines_are_kept_and_counted(house: House) -> None:
    bad = "2024-01-02;CABA;LOCAL\n2024-01-03;CABA;LOCAL;TOURISTE;4;5\n"
    put(house, NAME, nights(1) + bad.encode() + b"2024-01-04;CABA;LOCAL;TOURISTE;6\n")
    done = house.ingest(*ONLY, codes=(1,))
    assert "2 of 4 rows rejected" in done.err
    assert statuses(house)[NAME] == [("landed", 4)]
    rejects = house.records("select * from etl.rejects order by row_number")
    assert [(row["row_number"], row["line_number"]) for row in rejects] == [(2, 3), (3, 4)]
    assert rejects[0]["raw_text"] == "2024-01-02;CABA;LOCAL"
    numbers = house.rows("select _row_number from raw_fluxvision.nuitee order by 1")
    assert numbers == [(1,), (4,)]


def test_a_column_that_nobody_declared_lands_too(house: House) -> None:
    put(house, NAME, nights(1))
    house.ingest(*ONLY)
    content = f"{HEADER};Durée séjour\n2024-01-01;HTC;LOCAL;TOURISTE;2;3 nuits\n"
    put(house, "Nuitee_2024B1_HTC0.csv", content.encode())
    house.ingest(*ONLY)
    query = "select volume, duree_sejour from raw_fluxvision.nuitee order by 1"
    assert house.rows(query) == [("1", None), ("2", "3 nuits")]
    named = house.rows(
        "select column_name from etl.columns"
        " where table_name = 'nuitee' and source_name = 'Durée séjour'"
    )
    assert named == [("duree_sejour",)]


def test_what_a_request_leaves_out_stays_pending(house: House) -> None:
    members = {NAME: nights(1), "Diurne_2024B1_CABA0.csv": nights(2)}
    put(house, "B1.zip", zipped(members))
    put(house, "Nuitee_2023B1_CABA0.csv", nights(3, day="2023-01-01"))
    put(house, "Nuitee_2024B1_HTC0.csv", nights(*range(100)))
    house.ingest("--select", "fluxvision.nuitee", "--year", "2024", "--max-size", "1000")
    assert {path: status for path, [(status, _)] in statuses(house).items()} == {
        f"B1.zip!{NAME}": "landed",
        "B1.zip!Diurne_2024B1_CABA0.csv": "pending",
        "Nuitee_2023B1_CABA0.csv": "pending",
        "Nuitee_2024B1_HTC0.csv": "pending",
    }
    house.ingest("--select", "fluxvision.nuitee", "--files", "*htc*")
    assert statuses(house)["Nuitee_2024B1_HTC0.csv"] == [("landed", 100)]
    house.ingest(*ONLY)
    assert {status for [(status, _)] in statuses(house).values()} == {"landed"}
    assert volumes(house, "diurne") == ["2"]


def test_a_table_declared_later_takes_the_files_that_were_ignored(house: House) -> None:
    put(house, NAME, nights(1))
    house.ingest(*ONLY)
    with house.cursor() as cursor:
        cursor.execute(
            "update etl.file_ledger set status = 'ignored', _file_id = null, table_name = null"
        )
        cursor.execute("delete from raw_fluxvision.nuitee")
    house.ingest(*ONLY)
    assert volumes(house) == ["1"]


def test_a_correction_that_comes_back_after_a_withdrawal_elects_the_other(house: House) -> None:
    put(house, NAME, nights(1))
    put(house, f"new/{NAME}", nights(2), FIRST + DAY)
    house.ingest(*ONLY)
    house.entrepot("withdraw", f"new/{NAME}", "--reason", "wrong")
    put(house, NAME, nights(1), FIRST + 2 * DAY)
    house.ingest(*ONLY)
    assert volumes(house) == ["1"]
