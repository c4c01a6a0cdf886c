"""Files past their retention: their rows go, what they were is remembered, and none comes back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from ingest.catalog import Duration, load_catalog
from ingest.lock import dataset_lock
from ingest.privacy.purge import Purge, Purged
from ingest.privacy.retention import Cut
from ingest.runlog import RunLog, new_run_id
from tests.conftest import HOME
from tests.support.house import House
from tests.support.nuitee import nights

pytestmark = pytest.mark.e2e

OLD, NEW = "Nuitee_2024B1_CABA0.csv", "Nuitee_2024B3_CABA0.csv"
FIRST = 1_709_251_200  # 2024-03-01
DAY = 86_400
ONLY = ("--select", "fluxvision")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """Two periods, the older one in two versions of which the later has fewer days."""
    made = House.build("purge_files", HOME)
    put(made, OLD, nights(1, 2) + b"2024-02-20;CABA;LOCAL;TOURISTE;3\nragged;line\n")
    made.ingest(*ONLY, codes=(0, 1))
    put(made, OLD, nights(7, 8), FIRST + DAY)
    put(made, NEW, nights(5, day="2024-05-02"))
    made.ingest(*ONLY)
    yield made
    made.demolish()


def put(house: House, path: str, content: bytes, mtime: int = FIRST) -> None:
    file = house.inbox / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (mtime, mtime))


def purge(house: House, first_day: date, *, dry_run: bool = False) -> Purged:
    """A purge of the nights before a day."""
    [nights_table] = [t for t in load_catalog().tables if t.key == "fluxvision.nuitee"]
    log = RunLog(new_run_id(), house.folder / "logs")
    with dataset_lock(
        house.warehouse, [nights_table.schema], run_id=log.run_id, on_loss=lambda: None
    ) as lock:
        kept = replace(nights_table, retention=Duration(months=24))
        done = Purge(lock, log, {}, dry_run=dry_run).of(Cut(kept, first_day))
    log.close()
    return done


def held(house: House) -> list[tuple[str, str, int]]:
    """Path, status, and rows that are in the raw table, of each content."""
    return house.rows(
        "select path, status, (select count(*) from raw_fluxvision.nuitee as raw"
        " where raw._file_id = ledger._file_id)::int from etl.file_ledger as ledger"
        " where source = 'fluxvision' order by path, delivered_at, sha256"
    )


def test_the_versions_of_one_file_go_together_and_stay_away(house: House) -> None:
    before = [(OLD, "superseded", 3), (OLD, "landed", 2), (NEW, "landed", 1)]
    assert held(house) == before
    # The later version ends on 1 January, the one before on 20 February: neither goes alone.
    assert purge(house, date(2024, 2, 1)).total == 0
    counted = purge(house, date(2024, 3, 1), dry_run=True)
    assert held(house) == before
    done = purge(house, date(2024, 3, 1))
    assert (done.rows, done.files, done.rejects) == (5, 2, 1)
    assert done == counted
    after = [(OLD, "withdrawn", 0), (OLD, "withdrawn", 0), (NEW, "landed", 1)]
    assert held(house) == after
    assert purge(house, date(2024, 3, 1)).total == 0
    # Read again, landed again, sent again later, sent again under another path: nothing.
    house.ingest(*ONLY, "--rehash")
    house.ingest(*ONLY, "--mode", "full")
    put(house, OLD, nights(7, 8), FIRST + 9 * DAY)
    house.ingest(*ONLY)
    assert held(house) == after
    put(house, f"again/{OLD}", nights(7, 8), FIRST + 10 * DAY)
    house.ingest(*ONLY)
    assert held(house) == [*after, (f"again/{OLD}", "withdrawn", 0)]
    reason = "select distinct reason from etl.file_ledger where status = 'withdrawn'"
    assert house.rows(reason) == [("past its retention, and purged",)]
    # What comes new for that time lands as any file does; the next purge takes it.
    put(house, OLD, nights(9), FIRST + 11 * DAY)
    house.ingest(*ONLY)
    assert (OLD, "landed", 1) in held(house)
    assert purge(house, date(2024, 3, 1)).files == 1
