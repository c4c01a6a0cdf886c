"""Delivered files that are kept as they came, and raw tables that land again from them alone."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import HOME
from tests.support.checksums import checksums, differences
from tests.support.house import Done, House
from tests.support.nuitee import nights, zipped
from tests.support.opened import watch_opened

pytestmark = pytest.mark.e2e

FIRST, DAY = 1_709_251_200, 86_400  # 2024-03-01
RAW = r"^raw_(fluxvision|atelier)$"
ONLY = ("--select", "fluxvision", "atelier")
ZONE, PLAIN, ZIP = "Nuitee_2024B1_CABA0.csv", "Nuitee_2024B1_GENTIANE0.csv", "2024/B1.zip"


@pytest.fixture
def house(request: pytest.FixtureRequest, bare_house: House) -> Iterator[House]:
    made = House.build(request.node.name, HOME, bare_house)
    made.variables = {
        "ATELIER_URL": str(made.folder / "logs of machines"),
        "FLUXVISION_ARCHIVE": str(made.folder / "archive"),
        "ATELIER_ARCHIVE": str(made.folder / "archive"),
    }
    (made.folder / "logs of machines").mkdir()
    yield made
    made.demolish()


@pytest.fixture(scope="module")
def bare_house() -> House:
    made = House.build("bare_archive", HOME)
    made.ingest(*ONLY, ATELIER_URL=str(made.inbox))
    return made


def put(folder: Path, path: str, content: bytes, days: int = 0) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (FIRST + days * DAY,) * 2)


def deliver(house: House) -> None:
    """Versions, copies, a failure and a log that grows, over several runs."""
    machines = house.folder / "logs of machines"
    put(house.inbox, ZONE, nights(1, 2))
    put(house.inbox, ZIP, zipped({PLAIN: nights(5, zone="GENTIANE"), "note.txt": b"hello"}))
    put(house.inbox, "Nuitee_2024B2_CABA0.csv", b"another;header\n1;2\n")
    put(machines, "DEM12/20250528.LOG", b"one\ntwo\nthr")
    house.ingest(*ONLY, codes=(1,))
    put(house.inbox, ZONE, nights(3, 4) + b"ragged;line\n", days=1)
    put(machines, "DEM12/20250528.LOG", b"one\ntwo\nthree\nfour\n", days=1)
    house.ingest(*ONLY, codes=(0, 1))
    put(house.inbox, ZONE, nights(1, 2), days=2)  # what came first holds again
    put(house.inbox, f"again/{PLAIN}", nights(5, zone="GENTIANE"), days=2)
    put(house.inbox, f"other/{PLAIN}", nights(6, zone="GENTIANE"), days=1)
    house.ingest(*ONLY)


def withdraw_and_purge(house: House) -> None:
    """A content that a person took out keeps its rows, one past its retention has lost them."""
    put(house.inbox, "Nuitee_2024B4_CABA0.csv", nights(7, day="2024-07-01"))
    put(house.inbox, "Nuitee_2024B5_CABA0.csv", nights(8, day="2024-09-01"))
    house.ingest(*ONLY)
    house.call_sql(
        "update etl.file_ledger set status = 'withdrawn', reason = 'a wrong zone'"
        " where period = '2024B4'",
        "delete from raw_fluxvision.nuitee where _file_id in"
        " (select _file_id from etl.file_ledger where period = '2024B5')",
        "update etl.file_ledger set status = 'withdrawn', purged_at = now()"
        " where period = '2024B5'",
    )


def ledger(house: House, *without: str) -> list[dict[str, Any]]:
    """The whole ledger, but for marks of the run and of the moment of landing."""
    left_out = {"run_id", "landed_at", "archived_at", "replaced_at", *without}
    found = house.records("select * from etl.file_ledger order by delivery_id")
    return [{k: v for k, v in row.items() if k not in left_out} for row in found]


def rejects(house: House) -> list[tuple[Any, ...]]:
    return house.rows(
        "select _file_id, row_number, reason, raw_text from etl.rejects order by 1, 2"
    )


def archive(house: House) -> list[Path]:
    return [p for p in (house.folder / "archive").rglob("*") if p.is_file()]


def lose_raw(house: House) -> None:
    house.call_sql(
        *(
            f'drop table "{s}"."{t}" cascade'
            for s, t in house.rows(
                "select schemaname, tablename from pg_tables where schemaname ~ '^raw_'"
            )
        )
    )


def rebuild(house: House, codes: tuple[int, ...] = (0,)) -> Done:
    return house.ingest("--rebuild-raw", codes=codes)


def test_each_content_is_kept_once_and_everything_lands_again_from_there(house: House) -> None:
    deliver(house)
    withdraw_and_purge(house)
    before, known, refused = checksums(house, schemas=RAW), ledger(house), rejects(house)
    kept = archive(house)
    # Six nights files, a zip, a failure, two states of the log; and the journal.
    assert len(kept) == 11, kept
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert stat.S_IMODE((house.folder / "archive").stat().st_mode) == 0o700
    assert house.value("select count(*) from etl.file_ledger where container_sha256 is null") == 0
    shutil.rmtree(house.inbox)
    shutil.rmtree(house.folder / "logs of machines")
    lose_raw(house)
    rebuild(house)
    assert differences(before, checksums(house, schemas=RAW)) == {}
    assert ledger(house) == known
    assert rejects(house) == refused
    rebuild(house)  # and once more changes nothing
    assert differences(before, checksums(house, schemas=RAW)) == {}
    assert ledger(house) == known


def test_a_lost_database_comes_back_from_the_journal(house: House, bare_house: House) -> None:
    deliver(house)
    before, refused = checksums(house, schemas=RAW), rejects(house)
    # What never was in the archive comes back with the next ordinary run, from the place.
    known = ledger(house, "attempts")
    kept = {path: path.read_bytes() for path in archive(house)}
    shutil.move(house.folder / "archive", house.folder / "safe")
    house.reset(bare_house)
    shutil.move(house.folder / "safe", house.folder / "archive")
    with (house.folder / "archive" / "deliveries.jsonl").open("a") as journal:
        journal.write('{"source": "fluxvision", "connection": "FLUX')  # a crash left this
    rebuild(house, codes=(1,))  # the failed file fails again
    assert differences(before, checksums(house, schemas=RAW)) == {}
    assert ledger(house, "attempts") == known
    assert rejects(house) == refused
    assert {p for p in archive(house) if p.name != "deliveries.jsonl"} == {
        p for p in kept if p.name != "deliveries.jsonl"
    }
    put(house.inbox, "Nuitee_2024B3_CABA0.csv", nights(9, day="2024-05-02"))
    house.ingest(*ONLY)  # after half a line the journal goes on
    last = (house.folder / "archive" / "deliveries.jsonl").read_text().splitlines()[-1]
    assert '"Nuitee_2024B3_CABA0.csv"' in last


def test_what_the_archive_lacks_is_told_by_name(house: House) -> None:
    put(house.inbox, ZONE, nights(1, 2))
    put(house.inbox, ZIP, zipped({PLAIN: nights(5, zone="GENTIANE")}))
    house.ingest(*ONLY)
    before = checksums(house, schemas=RAW)
    whole = house.value(
        "select container_sha256 from etl.file_ledger where container_path = %s", [ZIP]
    )
    path = house.folder / "archive" / whole[:2] / whole
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"?")
    done = rebuild(house, codes=(1,))
    assert f"{ZIP}!{PLAIN}" in done.err and ZONE not in done.err
    path.unlink()
    assert f"{ZIP}!{PLAIN}" in rebuild(house, codes=(1,)).err
    path.write_bytes(content)
    lose_raw(house)
    rebuild(house)
    assert differences(before, checksums(house, schemas=RAW)) == {}
    # Landed when its name said something else than its declaration makes of it today.
    house.call_sql(
        f"update etl.file_ledger set _file_id = 'then', logical_name = 'then' where path = '{ZONE}'"
    )
    assert f"of no table as declared now: {ZONE}" in rebuild(house, codes=(1,)).err


def test_a_house_that_gets_an_archive_later_fills_it_once(house: House) -> None:
    archives = {k: house.variables.pop(k) for k in ("FLUXVISION_ARCHIVE", "ATELIER_ARCHIVE")}
    put(house.inbox, ZONE, nights(1, 2))
    put(house.inbox, "README.md", b"no table's")
    house.ingest(*ONLY)
    done = house.ingest("--rebuild-raw", "--select", "fluxvision", codes=(2,))
    assert "has no `archive`" in done.err
    house.variables |= archives
    raw = checksums(house, schemas=RAW, everything=True)
    house.ingest(*ONLY)
    assert len(archive(house)) == 2
    with watch_opened(house.inbox) as opened, watch_opened(house.folder / "archive") as touched:
        house.ingest(*ONLY)
    assert opened == touched == []
    assert differences(raw, checksums(house, schemas=RAW, everything=True)) == {}
    house.ingest(*ONLY, "--rehash")
    assert len(archive(house)) == 2


def test_nothing_lands_that_the_archive_does_not_take(house: House) -> None:
    (house.folder / "archive").write_text("a file, where a folder should be")
    put(house.inbox, ZONE, nights(1, 2))
    done = house.ingest(*ONLY, codes=(1,))
    assert "the archive" in done.err and "cannot be used" in done.err
    assert house.value("select count(*) from etl.file_ledger") == 0
    assert house.value("select count(*) from raw_fluxvision.nuitee") == 0
    (house.folder / "archive").unlink()
    house.ingest(*ONLY)
    assert house.value("select count(*) from raw_fluxvision.nuitee") == 2


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("FLUXVISION_ARCHIVE", "{inbox}/archive", "lie in one another"),
        ("FLUXVISION_AFTER_LANDING", "burn", "'burn' is none of keep, move, delete"),
        ("SIGETI_ARCHIVE", "elsewhere", ""),
    ],
)
def test_settings_that_cannot_be_meant(variable: str, value: str, said: str, house: House) -> None:
    done = house.ingest(
        *ONLY, codes=(2 if said else 0,), **{variable: value.format(inbox=house.inbox)}
    )
    assert said in done.err
