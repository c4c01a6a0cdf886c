"""A lost server comes back: backup, restore, one run, and the warehouse is the one it was."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo import sigeti
from tests.support.checksums import Checksum, checksums, differences
from tests.support.house import House
from tests.support.nuitee import nights, zipped
from tests.support.sigeti import sigeti_database

pytestmark = pytest.mark.e2e

# Facts of files, and what follows snapshots of a database, each with all that it reads.
BUILD = (
    *("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
    *("--select", "+fait_nuitees", "+mart_portefeuille_clients", "+fait_paiements"),
)
CONTROL = ("file_ledger", "rejects", "columns", "erased_subjects", "alerts", "source_tables")


@dataclass
class Lived:
    """A warehouse that has lived for some days, and what it held."""

    house: House
    tables: dict[str, Checksum]
    histories: dict[str, Checksum]
    control: dict[str, list[tuple[Any, ...]]]


def deliver(house: House) -> None:
    """A zone that is corrected, one in an archive, and a file that is not what it says."""
    put(house, "Nuitee_2024B1_CABA0.csv", nights(1, 2, 3))
    put(house, "B1.zip", zipped({"Nuitee_2024B1_GENTIANE0.csv": nights(5, zone="GENTIANE")}))
    put(house, "Nuitee_2024B2_CABA0.csv", b"another;header\n")
    house.ingest("--select", "fluxvision", codes=(1,))
    put(house, "Nuitee_2024B1_CABA0.csv", nights(4, 5, 6) + b"ragged;line\n")
    house.ingest("--select", "fluxvision", codes=(0, 1))


def put(house: House, path: str, content: bytes) -> None:
    (house.inbox / path).write_bytes(content)


def histories(house: House) -> dict[str, Checksum]:
    """The snapshots, every column of them."""
    return checksums(house, everything=True, schemas="^ods$")


def control(house: House) -> dict[str, list[tuple[Any, ...]]]:
    return {name: house.rows(f"select * from etl.{name} order by 1, 2, 3") for name in CONTROL}


@pytest.fixture(scope="module")
def lived(make_house: Callable[..., House]) -> Iterator[Lived]:
    with sigeti_database("backup_source") as url:
        house = make_house("lived")
        house.variables |= {
            "SIGETI_URL": url,
            "ENTREPOT_PII_KEY": "tests",
            "FLUXVISION_ARCHIVE": str(house.folder / "archive"),
            "ENTREPOT_BACKUP_DIR": str(house.folder / "backups"),
        }
        deliver(house)
        house.ingest("--select", "sigeti")
        house.dbt(*BUILD)
        opened = sigeti.connect(url)
        sigeti.advance(opened, 2)
        opened.close()
        house.ingest("--select", "sigeti")
        house.dbt(*BUILD)
        yield Lived(house, checksums(house), histories(house), control(house))
        house.demolish()


def backups(house: House) -> list[Path]:
    return sorted((house.folder / "backups").iterdir())


def test_backup_lost_server_restore_one_run(lived: Lived) -> None:
    house = lived.house
    done = house.entrepot("backup", "--json")
    [folder] = backups(house)
    assert json.loads(done.out)["folder"] == str(folder)
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = {
        f"{t['schema']}.{t['table']}"
        for t in json.loads((folder / "manifest.json").read_text())["tables"]
    }
    assert {"etl.file_ledger", "ods.snap_sigeti__lots", "raw_reference.jours"} <= names
    assert not {"etl.dbt_lease", "raw_sigeti.lots", "raw_fluxvision.nuitee"} & names
    shutil.rmtree(house.inbox)
    house.inbox.mkdir()
    house._found(None)
    said = house.entrepot("restore", str(folder)).out
    assert control(house)["file_ledger"] == lived.control["file_ledger"]
    assert "run_all.py --rebuild-raw --select fluxvision" in said
    house.ingest("--rebuild-raw", "--select", "fluxvision")
    house.ingest()
    house.dbt(*BUILD)
    again = checksums(house)
    # The house of before had the other models too, empty.
    before = {name: found for name, found in lived.tables.items() if name in again or found.rows}
    assert len(again) > 60
    assert differences(before, again) == {}
    assert differences(lived.histories, histories(house)) == {}
    steps = house.rows("select distinct step from etl.run_log where step in ('backup', 'restore')")
    assert sorted(steps) == [("backup",), ("restore",)]
