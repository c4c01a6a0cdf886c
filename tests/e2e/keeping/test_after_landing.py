"""Delivered files once they have landed: only what the archive has is taken away."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import HOME
from tests.support.checksums import checksums, differences
from tests.support.house import House
from tests.support.kill import kill_when
from tests.support.nuitee import nights, zipped
from tests.support.sftp import SftpServer

pytestmark = pytest.mark.e2e

FIRST, DAY = 1_709_251_200, 86_400  # 2024-03-01
ONLY = ("--select", "fluxvision")
RAW = r"^raw_fluxvision$"
ZONE, ZIP = "Nuitee_2024B1_CABA0.csv", "2024/B1.zip"
PLAIN, HEADLESS = "Nuitee_2024B1_GENTIANE0.csv", "Nuitee_2024B2_CABA0.csv"
WRONG = b"another;header\n1;2\n"


@pytest.fixture(scope="module")
def bare_house() -> House:
    made = House.build("bare_after_landing", HOME)
    made.ingest(*ONLY)
    return made


@pytest.fixture
def house(request: pytest.FixtureRequest, bare_house: House) -> Iterator[House]:
    made = House.build(request.node.name, HOME, bare_house)
    made.variables = {"FLUXVISION_ARCHIVE": str(made.folder / "archive")}
    yield made
    made.demolish()


def put(house: House, path: str, content: bytes, days: int = 0) -> None:
    file = house.inbox / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (FIRST + days * DAY,) * 2)


def deliver(house: House) -> None:
    """What is final, and what is not: a failure, alone and beside a sound file, and an upload."""
    put(house, ZONE, nights(1, 2))
    put(house, ZIP, ZIPPED)
    put(house, HEADLESS, WRONG)
    put(house, "half.zip", zipped({"Nuitee_2024B3_CABA0.csv": WRONG, "a/" + PLAIN: nights(6)}))
    put(house, "Nuitee_2024B4_CABA0.csv.part", b"Date;Zo")
    put(house, "README.md", b"of no table")


def there(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def ledger(house: House) -> list[tuple[object, ...]]:
    return house.rows("select path, status, delivered_at, seen_at from etl.file_ledger order by 1")


LEFT = [
    *("Nuitee_2024B2_CABA0.csv", "Nuitee_2024B4_CABA0.csv.part", "README.md", "half.zip"),
]
ZIPPED = zipped({PLAIN: nights(5, zone="GENTIANE"), "note.txt": b"hello"})


def beginning(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


MOVED = [
    f"traites/2024/20240301T000000Z_{beginning(ZIPPED)}_B1.zip",
    f"traites/20240301T000000Z_{beginning(nights(1, 2))}_{ZONE}",
]


LONG = pytest.mark.long


@pytest.mark.parametrize("then", ["move", pytest.param("delete", marks=LONG)])
def test_what_has_landed_is_taken_away_and_nothing_else(then: str, house: House) -> None:
    house.variables["FLUXVISION_AFTER_LANDING"] = then
    deliver(house)
    done = house.ingest(*ONLY, codes=(1,))
    assert "2 files have landed and were" in done.err
    assert there(house.inbox) == sorted([*LEFT, *(MOVED if then == "move" else [])])
    before, known = checksums(house, schemas=RAW, everything=True), ledger(house)
    house.ingest(*ONLY)  # neither lost files nor new ones
    assert ledger(house) == known
    assert differences(before, checksums(house, schemas=RAW, everything=True)) == {}
    put(house, ZONE, nights(3), days=1)
    house.ingest(*ONLY)
    put(house, ZONE, nights(4), days=1)  # a correction that keeps its date
    house.ingest(*ONLY)
    assert not (house.inbox / ZONE).exists()
    statuses = house.rows(
        "select status from etl.file_ledger where path = %s order by delivered_at", [ZONE]
    )
    assert sorted(statuses) == [("landed",), ("superseded",), ("superseded",)]
    if then == "move":
        # What was moved aside waits for nothing.
        assert "traites/" not in house.quick("validate", *ONLY, "--no-facts", codes=(0, 1)).out
        moved = {f"20240302T000000Z_{beginning(nights(n))}_{ZONE}" for n in (3, 4)}
        assert moved < set(there(house.inbox / "traites"))
    raw = checksums(house, schemas=RAW)
    house.call_sql("truncate raw_fluxvision.nuitee")
    house.ingest("--rebuild-raw")
    assert differences(raw, checksums(house, schemas=RAW)) == {}


def test_what_the_archive_does_not_have_any_more_stays(house: House) -> None:
    put(house, ZONE, nights(1, 2))
    house.ingest(*ONLY)
    path = _archived(house, ZONE)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    house.variables["FLUXVISION_AFTER_LANDING"] = "delete"
    done = house.ingest(*ONLY, codes=(1,))
    assert f"{ZONE}: its copy is damaged" in done.err
    assert there(house.inbox) == [ZONE]
    shutil.rmtree(house.folder / "archive")
    house.ingest(*ONLY)
    assert there(house.inbox) == [ZONE]
    house.ingest(*ONLY, "--rehash")
    assert there(house.inbox) == []


def test_another_place_of_a_request_is_left_as_it_is(house: House) -> None:
    house.variables["FLUXVISION_AFTER_LANDING"] = "delete"
    put(house, ZONE, nights(1, 2))
    house.ingest(*ONLY, "--data-path", str(house.inbox))
    assert there(house.inbox) == [ZONE]
    house.ingest(*ONLY)
    assert there(house.inbox) == []


def test_killed_between_copy_and_commit(house: House) -> None:
    """Neither half a file under its name, nor one that is gone before its rows count."""
    house.variables["FLUXVISION_AFTER_LANDING"] = "move"
    for zone in range(40):
        put(house, f"Nuitee_2024B1_Z{zone}.csv", nights(*range(2000), zone=f"Z{zone}"))
    copied = "select 1 from etl.load_intents limit 1"
    command = house.ingest_command(*ONLY, "--batch-size", "30000")
    assert kill_when(house, command, copied), "the moment never came"
    counted = house.value("select count(*) from etl.file_ledger where landed_at is not null")
    left = [path for path in there(house.inbox) if not path.startswith("traites/")]
    assert len(left) >= 40 - counted
    for path in (house.folder / "archive").glob("??/*"):
        assert path.name == hashlib.sha256(path.read_bytes()).hexdigest()
    house.ingest(*ONLY)
    assert house.value("select count(*) from raw_fluxvision.nuitee") == 40 * 2000
    assert house.value("select count(distinct container_sha256) from etl.file_ledger") == 40
    assert len(there(house.inbox / "traites")) == 40 == len(there(house.inbox))
    assert not list((house.folder / "archive").glob(".*"))
    before, known = checksums(house, schemas=RAW), ledger(house)
    house.call_sql("truncate raw_fluxvision.nuitee")
    command = house.ingest_command("--rebuild-raw", "--batch-size", "30000")
    assert kill_when(house, command, copied), "the moment never came"
    assert ledger(house) == known
    house.ingest("--rebuild-raw")
    assert differences(before, checksums(house, schemas=RAW)) == {}
    assert ledger(house) == known


@pytest.mark.parametrize("then", [pytest.param("move", marks=LONG), "delete"])
def test_by_sftp(then: str, house: House, sftp_server: SftpServer) -> None:
    house.variables |= {
        "FLUXVISION_URL": sftp_server.url(house.inbox),
        "FLUXVISION_KEY_FILE": str(sftp_server.key_file),
        "FLUXVISION_KNOWN_HOSTS": str(sftp_server.known_hosts),
        "FLUXVISION_AFTER_LANDING": then,
    }
    deliver(house)
    house.ingest(*ONLY, codes=(1,))
    assert there(house.inbox) == sorted([*LEFT, *(MOVED if then == "move" else [])])
    with zipfile.ZipFile(_archived(house, ZIP)) as kept:
        assert sorted(kept.namelist()) == [PLAIN, "note.txt"]
    known = ledger(house)
    house.ingest(*ONLY)
    assert ledger(house) == known
    put(house, ZONE, nights(1, 2))  # the same file once more: it takes its own place
    house.ingest(*ONLY)
    assert there(house.inbox) == sorted([*LEFT, *(MOVED if then == "move" else [])])


def _archived(house: House, path: str) -> Path:
    sha256 = house.value(
        "select container_sha256 from etl.file_ledger where container_path = %s limit 1", [path]
    )
    return house.folder / "archive" / sha256[:2] / sha256
