"""A lost server comes back: backup, restore, one run, and the warehouse is the one it was."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from demo import sigeti
from ingest.settings import LOADER_ROLE, Warehouse
from ingest.warehouse import connect, prepare, transaction
from orchestration.backup import tools
from orchestration.backup.making import back_up, verify
from orchestration.backup.restoring import read_whole, restore
from orchestration.backup.tools import BackupError, Tools
from tests.conftest import HOME
from tests.support import postgresql
from tests.support.checksums import Checksum, checksums, differences
from tests.support.house import House, declared_raw_schemas
from tests.support.nuitee import nights, zipped
from tests.support.sigeti import sigeti_database

pytestmark = pytest.mark.e2e

BUILD = ("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
# Facts of files, and what follows snapshots of a database, each with all that it reads.
SOME = ("--select", "+fait_nuitees", "+fait_paiements", "+mart_occupation_zones")
PROOF = (
    *("raw_fluxvision.nuitee", "raw_sigeti.lots", "raw_reference.jours", "ods.snap_sigeti__lots"),
    *("dwh_facts.fait_nuitees", "dwh_facts.fait_paiements", "dwh_dimensions.dim_lots"),
    *("dwh_marts.mart_occupation_zones",),
)
CONTROL = ("file_ledger", "rejects", "columns", "erased_subjects", "alerts", "source_tables")


FAILS = "Nuitee_2024B2_CABA0.csv"


@dataclass
class Lived:
    """A warehouse that has lived for some days, and what it held.

    `build`: the arguments of dbt that build it; `--long`: all of it.
    """

    house: House
    build: tuple[str, ...]
    tables: dict[str, Checksum]
    histories: dict[str, Checksum]
    control: dict[str, list[tuple[Any, ...]]]


def deliver(house: House) -> None:
    """A zone that is corrected, one in an archive, and a file that is not what it says."""
    put(house, "Nuitee_2024B1_CABA0.csv", nights(1, 2, 3))
    put(house, "B1.zip", zipped({"Nuitee_2024B1_GENTIANE0.csv": nights(5, zone="GENTIANE")}))
    put(house, FAILS, b"another;header\n")
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
def lived(make_house: Callable[..., House], pytestconfig: pytest.Config) -> Iterator[Lived]:
    build = (*BUILD, *(() if pytestconfig.getoption("--long") else SOME))
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
        house.dbt(*build)
        opened = sigeti.connect(url)
        sigeti.advance(opened, 2)
        opened.close()
        # Whole, as after a restore: a delta does not see what the source has deleted.
        house.ingest("--select", "sigeti", "--mode", "full")
        house.dbt(*build)
        yield Lived(house, build, checksums(house), histories(house), control(house))
        house.demolish()


def backups(house: House) -> list[Path]:
    return sorted((house.folder / "backups").iterdir())


def test_backup_lost_server_restore_one_run(lived: Lived) -> None:
    house = lived.house
    done = house.entrepot("backup", "--json")
    # After its own snapshot, so it is not in itself.
    [(rows, size)] = house.rows(
        "select rows, bytes from etl.run_log where step = 'backup' and status = 'ok'"
    )
    assert rows > 100 and size > 1000
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
    # What has landed comes from the archive. What failed is still there: a failure that is no
    # longer delivered is none, and its period not expected any more.
    for path in house.inbox.iterdir():
        if path.name != FAILS:
            path.unlink()
    house._found(None)
    said = house.entrepot("restore", str(folder)).out
    assert control(house)["file_ledger"] == lived.control["file_ledger"]
    assert "run_all.py --rebuild-raw --select fluxvision" in said
    house.ingest("--rebuild-raw", "--select", "fluxvision")
    house.ingest()
    house.dbt(*lived.build)
    again = checksums(house)
    # The house of before had the models of the other sources too.
    before = {name: check for name, check in lived.tables.items() if name in again}
    assert {name for name in PROOF if before[name].rows} == set(PROOF)
    assert differences(before, again) == {}
    assert differences(lived.histories, histories(house)) == {}
    steps = house.rows("select step, rows > 0 from etl.run_log where step in ('backup', 'restore')")
    assert steps == [("restore", True)]


def failed_restores(house: House) -> int:
    """Lines of restores that failed, the same in the run log as in the files."""
    said = "select error from etl.run_log where step = 'restore' and status = 'failed'"
    lines = [
        json.loads(line)
        for path in (house.folder / "logs").glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    noted = {x["error"] for x in lines if (x["step"], x["status"]) == ("restore", "failed")}
    found = [error for (error,) in house.rows(said)]
    assert noted >= set(found)
    return len(found)


def test_a_backup_goes_into_an_empty_warehouse_unless_told(lived: Lived) -> None:
    """After the test above the house is full again."""
    house = lived.house
    house.entrepot("backup", "--raw")
    folder = backups(house)[-1]
    before = control(house) | {"raw": sorted(checksums(house, schemas="^raw_").items())}
    refused = house.entrepot("restore", str(folder), codes=(2,))
    assert "not empty" in refused.err
    assert control(house)["file_ledger"] == before["file_ledger"]
    with house.cursor() as building:
        building.execute("set application_name = 'entrepot lease of a build'")
        building.execute("insert into etl.dbt_lease (invocation_id) values ('of a build')")
        done = house.entrepot("restore", str(folder), "--replace", codes=(1,))
    assert "another build is writing to this warehouse (invocation of a build)" in done.err
    assert done.err.count("\n") == 1 and failed_restores(house) == 1
    assert control(house)["file_ledger"] == before["file_ledger"]
    house.call_sql("delete from etl.rejects", "delete from raw_fluxvision.nuitee")
    house.call_sql("insert into etl.watermarks (model) values ('of then') on conflict do nothing")
    said = house.entrepot("restore", str(folder), "--replace").out
    assert "--rebuild-raw" not in said
    again = control(house) | {"raw": sorted(checksums(house, schemas="^raw_").items())}
    assert again == before
    assert house.value("select count(*) from etl.watermarks") == 0
    assert house.value("select count(*) from etl.dbt_lease") == 0
    left = house.rows(
        "select table_name from information_schema.tables"
        " where table_schema ~ '^dwh_' or table_schema = 'ods'"
    )
    assert {name for (name,) in left if not name.startswith("snap_")} == set()


def test_what_is_damaged_or_no_backup_is_refused(lived: Lived, tmp_path: Path) -> None:
    house = lived.house
    copy = tmp_path / "copy"
    shutil.copytree(backups(house)[-1], copy)
    content = (copy / "control.dump").read_bytes()
    (copy / "control.dump").write_bytes(content[:-1] + b"?")
    done = house.entrepot("restore", str(copy), "--replace", codes=(1,))
    assert "control.dump is missing or damaged" in done.err
    assert failed_restores(house) == 1
    (copy / "control.dump").unlink()
    assert house.entrepot("restore", str(copy), "--replace", codes=(1,)).err == done.err
    (copy / "manifest.json").write_text('{"made_by": "entrepot backup", "format": 1}')
    assert "is damaged" in house.entrepot("restore", str(copy), codes=(2,)).err
    (copy / "manifest.json").write_text("{}")
    assert "is no backup" in house.entrepot("restore", str(copy), codes=(2,)).err
    assert house.value("select count(*) from etl.file_ledger") > 0


def test_nothing_is_taken_away_where_nothing_could_bring_it_back(
    lived: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = lived.house
    before = control(house)
    monkeypatch.setattr(tools, "_version", lambda program: 0)
    done = house.quick("restore", str(backups(house)[-1]), "--replace", codes=(1,))
    assert "every pg_dump here is older: install the client programs" in done.err
    assert control(house) == before


def test_old_backups_go_and_nothing_else(lived: Lived) -> None:
    house = lived.house
    folder = house.folder / "backups"
    newest = backups(house)[-1].name
    dead = folder / f".{newest[:-16]}20200101T000000Z.partial"
    for other in ("mine", ".entrepot-dev-x-20200101T000000Z.partial", dead.name):
        (folder / other).mkdir()
    # Backups under names of their own, and a name for the newest of them.
    kept = folder / "before the move"
    (folder / newest).rename(kept)
    (folder / "latest").symlink_to(kept)
    house.entrepot("backup", "--keep", "1")
    assert not kept.exists()
    (folder / "latest").unlink()
    names = {path.name for path in backups(house)}
    assert not dead.exists(), "what a killed backup left is removed"
    assert len(names) == 3 and {"mine", ".entrepot-dev-x-20200101T000000Z.partial"} < names
    assert newest not in names


def test_a_backup_that_fails_leaves_nothing(lived: Lived, tmp_path: Path) -> None:
    house = lived.house
    before = backups(house)
    (tmp_path / "file").write_text("")
    done = house.entrepot("backup", "--to", str(tmp_path / "file"), codes=(2,))
    assert "cannot hold backups" in done.err
    assert backups(house) == before


@pytest.mark.parametrize("major", [15])
def test_an_older_server(major: int, tmp_path: Path) -> None:
    """pg_dump 18 writes what PostgreSQL 15 does not know; the tables come back all the same."""
    with postgresql.served(postgresql.programs(major), HOME / f"backup_{major}") as server:
        server.do("chef", "postgres", "create database old template template0 encoding 'UTF8'")
        home = Warehouse("prod", "127.0.0.1", server.port, "old", "chef", postgresql.PASSWORD)
        opened = connect(home)
        prepare(opened, "chef", declared_raw_schemas())
        opened.close()
        opened = connect(home, role=LOADER_ROLE)
        with transaction(opened) as cursor:
            cursor.execute("create table raw_fluxvision.gone as select 'é\n\\' as a, 1 as b")
            cursor.execute(
                "insert into etl.rejects select 'r', 'r', 's', 't', null, null, 1, 1,"
                " 'why', E'a\ttab\n\\\\.', null, now()"
            )
        opened.close()
        folder, manifest, _ = back_up(home, tmp_path / "backups")
        assert {kept.name for kept in manifest.of("raw")} == {"raw_fluxvision.gone"}
        read = read_whole(folder)
        made = restore(home, folder, replace=True)
        assert made.rows == sum(kept.rows for kept in read.tables) > 1
        parts = [
            (folder / "control.dump", LOADER_ROLE, "delete from etl.rejects;"),
            (folder / "gone.dump", LOADER_ROLE, ""),
        ]
        counts = "select (select count(*) from etl.rejects), (select count(*) from etl.run_log)"
        held = server.do("chef", "old", f"set role {LOADER_ROLE}", counts)
        with pytest.raises(BackupError, match=r"gone.dump cannot be read"):
            Tools(home, major).load(parts)
        assert server.do("chef", "old", f"set role {LOADER_ROLE}", counts) == held, (
            "nothing of it holds"
        )
        with pytest.raises(BackupError, match=r"holds 1 rows of etl.rejects where there are 7"):
            wrong = [
                replace(kept, rows=7) for kept in read.of("control") if kept.table == "rejects"
            ]
            verify(Tools(home, major), folder / "control.dump", wrong)
        with pytest.raises(BackupError, match="every pg_dump here is older"):
            Tools(home, 99)
