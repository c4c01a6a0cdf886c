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
from tests.support.sftp import SftpServer

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


def ledger(house: House, *without: str) -> list[dict[str, Any]]:
    """The whole ledger, but for marks of the run and of the moment of landing."""
    left_out = {"run_id", "landed_at", "archived_at", *without}
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
    before, known, refused = checksums(house, schemas=RAW), ledger(house), rejects(house)
    kept = archive(house)
    # Four nights files, a zip, a failure, two states of the log; and the journal.
    assert len(kept) == 9, kept
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
