"""Copies of deliveries go with the rows that they brought, and nothing asks for them afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ingest.archive import Archive
from ingest.catalog import Duration, load_catalog
from ingest.lock import dataset_lock
from ingest.privacy.archived import purge_archive
from ingest.privacy.purge import Purge
from ingest.privacy.retention import Cut
from ingest.runlog import RunLog, new_run_id
from tests.conftest import HOME
from tests.support.house import House
from tests.support.nuitee import nights, zipped

pytestmark = pytest.mark.e2e

FIRST = 1_709_251_200  # 2024-03-01
OLD, NEW = "Nuitee_2024B1_CABA0.csv", "Nuitee_2024B3_CABA0.csv"
ONLY = ("--select", "fluxvision")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """An old file alone, an old one beside a new one in a ZIP, and a new one alone."""
    made = House.build("purge_archive", HOME)
    made.variables = {"FLUXVISION_ARCHIVE": str(made.folder / "archive")}
    for path, content in {
        OLD: nights(1, 2),
        "both.zip": zipped(
            {OLD.replace("CABA", "GENTIANE"): nights(3), NEW: nights(4, day="2024-05-02")}
        ),
        NEW.replace("CABA", "GENTIANE"): nights(5, day="2024-05-03"),
    }.items():
        (made.inbox / path).write_bytes(content)
        os.utime(made.inbox / path, (FIRST, FIRST))
    made.ingest(*ONLY)
    yield made
    made.demolish()


def copies(house: House) -> set[Path]:
    return {path for path in (house.folder / "archive").glob("??/*") if path.is_file()}


def purge(house: House, *, dry_run: bool) -> tuple[int, int]:
    """Purge the nights before March 2024 with their copies; returns how many copies, and bytes."""
    [nuitee] = [table for table in load_catalog().tables if table.key == "fluxvision.nuitee"]
    cut = Cut(replace(nuitee, retention=Duration(months=24)), date(2024, 3, 1))
    log = RunLog(new_run_id(), house.folder / "logs")
    with dataset_lock(
        house.warehouse, [nuitee.schema], run_id=log.run_id, on_loss=lambda: None
    ) as lock:
        work = Purge(lock, log, {}, dry_run=dry_run)
        work.of(cut)
        archive = Archive(house.folder / "archive", "fluxvision")
        going = work.going(cut) if dry_run else ()
        done = purge_archive(lock, archive, "fluxvision", going, dry_run=dry_run)
    log.close()
    return done


def test_a_copy_goes_when_all_that_landed_from_it_is_purged(house: House) -> None:
    before = copies(house)
    assert len(before) == 3
    counted = purge(house, dry_run=True)
    assert copies(house) == before
    size = (house.inbox / OLD).stat().st_size
    assert purge(house, dry_run=False) == counted == (1, size)
    # The ZIP holds a younger file too, and is kept whole.
    [gone] = before - copies(house)
    assert gone.name == _hash(house, OLD)
    # As a purge leaves it that is killed after it has removed the copy.
    house.call_sql(f"update etl.file_ledger set archived_at = now() where path = '{OLD}'")
    assert purge(house, dry_run=False) == (0, 0)
    said = house.rows(f"select archived_at from etl.file_ledger where path = '{OLD}'")
    assert said == [(None,)]
    # The drop still has the file: no run brings it back. Who has all read again archives it until
    # the next purge.
    house.ingest(*ONLY)
    assert not gone.exists()
    house.ingest(*ONLY, "--rehash")
    assert purge(house, dry_run=False) == (1, size)
    # A rebuild asks for what is kept, whether the ledger is there or not.
    house.ingest(*ONLY, "--rebuild-raw")
    landed = "select count(*)::int from raw_fluxvision.nuitee"
    assert house.rows(landed) == [(2,)]
    house.call_sql("truncate etl.file_ledger", "truncate raw_fluxvision.nuitee")
    rebuilt = house.ingest(*ONLY, "--rebuild-raw")
    assert "not whole" not in rebuilt.said


def _hash(house: House, path: str) -> str:
    [(found,)] = house.rows(
        f"select distinct container_sha256 from etl.file_ledger where path = '{path}'"
    )
    return str(found)
