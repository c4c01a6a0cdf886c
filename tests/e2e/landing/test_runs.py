"""Runs as a whole: reruns, crashes, places that do not answer, options, exit codes."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.support.house import House
from tests.support.nuitee import nights, zipped
from tests.support.opened import watch_opened

pytestmark = pytest.mark.e2e

NAME = "Nuitee_2024B1_CABA0.csv"
ONLY = ("--select", "fluxvision")


def count(house: House, relation: str = "raw_fluxvision.nuitee") -> int:
    return int(house.value(f"select count(*) from {relation}"))


def test_a_rerun_opens_no_file_and_still_says_that_it_looked(house: House) -> None:
    (house.inbox / NAME).write_bytes(nights(1))
    (house.inbox / "B1.zip").write_bytes(zipped({"Diurne_2024B1_CABA0.csv": nights(1)}))
    (house.inbox / "carte.png").write_bytes(b"\x89PNG")
    house.ingest(*ONLY)
    ledger = house.rows("select * from etl.file_ledger order by delivery_id")
    with watch_opened(house.inbox) as opened:
        done = house.ingest(*ONLY, "--json")
    assert opened == []
    assert house.rows("select * from etl.file_ledger order by delivery_id") == ledger
    report = json.loads(done.out)
    assert (report["unchanged"], report["exit_code"]) == (3, 0)
    said = house.rows(
        "select distinct table_name from etl.run_log where run_id = %s and step = 'load'"
        " and status = 'ok' and rows = 0",
        (report["run_id"],),
    )
    assert len(said) == 35


def test_the_planner_knows_of_the_rows_that_the_next_build_reads(house: House) -> None:
    (house.inbox / NAME).write_bytes(nights(*range(1, 301)))
    house.ingest(*ONLY)
    known = "select reltuples from pg_class where oid = 'raw_fluxvision.nuitee'::regclass"
    assert house.value(known) == 300


def test_the_log_file_has_the_lines_of_the_table(house: House) -> None:
    (house.inbox / NAME).write_bytes(nights(4242))
    run_id = json.loads(house.ingest(*ONLY, "--json").out)["run_id"]
    path = house.folder / "logs" / f"{run_id}.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    query = "select step, status, table_name, rows from etl.run_log where run_id = %s"
    table = house.rows(query, (run_id,))
    in_file = [(line["step"], line["status"], line["table_name"], line["rows"]) for line in lines]
    assert sorted(map(str, in_file)) == sorted(map(str, table))
    assert "4242" not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("moment", ["before the copy", "after the copy"])
def test_a_crash_around_the_copy_changes_nothing(house: House, moment: str) -> None:
    (house.inbox / NAME).write_bytes(nights(1, 2, 3))
    method = "_load" if moment == "before the copy" else "_settle_rows"
    where = "ingest.loader.Loader" if moment == "before the copy" else "ingest.landing.Landing"
    crash = (
        f"import os, sys, {where.rpartition('.')[0]} as module\n"
        f"module.{where.rpartition('.')[2]}.{method} = lambda *a, **k: os._exit(137)\n"
        "from ingest.run_all import main\n"
        "sys.exit(main(['--select', 'fluxvision']))\n"
    )
    house.call([house.ingest_command()[0], "-c", crash], codes=(137,))
    assert count(house) == (0 if moment == "before the copy" else 3)
    assert count(house, "etl.load_intents") == 1
    assert count(house, "etl.file_ledger") == 0
    done = house.ingest(*ONLY)
    assert count(house) == 3
    assert count(house, "etl.load_intents") == 0
    assert house.value("select count(distinct _run_id) from raw_fluxvision.nuitee") == 1
    assert "landed" in done.out
    left = list((Path(os.environ["ENTREPOT_STATE_DIR"]) / "runs").glob("*"))
    assert left == [], "the throw-away folder of the dead run is gone"


def test_small_packages_come_to_the_same(house: House) -> None:
    for number in range(6):
        name = f"Nuitee_2024B1_ZONE{chr(65 + number)}0.csv"
        (house.inbox / name).write_bytes(nights(*range(1, 8)))
    house.ingest(*ONLY, "--batch-size", "10")
    assert count(house) == 42
    assert house.value("select count(*) from etl.file_ledger where status = 'landed'") == 6


def test_landing_all_again_gives_the_same_rows(house: House) -> None:
    (house.inbox / NAME).write_bytes(nights(1, 2))
    house.ingest(*ONLY)
    query = "select volume, _row_number, _file_id from raw_fluxvision.nuitee order by 2"
    before = house.rows(query)
    run = house.value("select max(_run_id) from raw_fluxvision.nuitee")
    house.ingest(*ONLY, "--mode", "full")
    assert house.rows(query) == before
    assert house.value("select min(_run_id) from raw_fluxvision.nuitee") != run
    tables = "select count(*) from pg_class where relname like '\\_new\\_%'"
    assert house.value(tables) == 0


def test_looking_only_loads_nothing(house: House) -> None:
    (house.inbox / NAME).write_bytes(nights(1, 2))
    done = house.ingest(*ONLY, "--extract-only")
    for word in ("nuitee", "CABA", "utf-8", "2024-01-01", "nothing: it is new"):
        assert word in done.out
    for relation in ("raw_fluxvision.nuitee", "etl.file_ledger", "etl.load_intents"):
        assert count(house, relation) == 0


def test_a_place_that_does_not_answer_fails_its_own_tables_only(house: House) -> None:
    (house.inbox / NAME).write_bytes(nights(1))
    done = house.ingest(*ONLY, codes=(1,), FLUXVISION_HEBDO_URL="sftp://nobody@127.0.0.1:9/x")
    assert count(house) == 1
    assert "FLUXVISION_HEBDO_URL" in done.err
    assert "Traceback" not in done.err
    failed = house.rows(
        "select distinct table_name from etl.run_log where status = 'failed' and step = 'load'"
    )
    assert len(failed) == 10


def test_weekly_files_in_a_place_of_their_own(house: House) -> None:
    weekly = house.folder / "hebdo"
    weekly.mkdir()
    (weekly / "frequentation_nuitee.csv").write_bytes(nights(1))
    (house.inbox / "frequentation_nuitee.csv").write_bytes(nights(2))
    house.ingest(*ONLY, FLUXVISION_HEBDO_URL=str(weekly))
    query = "select volume from raw_fluxvision.frequentation_nuitee order by 1"
    assert house.rows(query) == [("1",)]
    house.ingest(*ONLY)
    assert house.rows(query) == [("1",), ("2",)], "the weekly files are sought here again"


def test_an_empty_variable_skips_the_source_and_fails_when_it_was_named(house: House) -> None:
    done = house.ingest(FLUXVISION_URL="")
    assert "fluxvision: skipped, FLUXVISION_URL is empty" in done.err
    done = house.ingest(*ONLY, codes=(2,), FLUXVISION_URL="")
    assert "FLUXVISION_URL is empty" in done.err


def test_wrong_requests_end_with_2_and_one_line(house: House) -> None:
    for arguments in (["--select", "nothing"], ["--select", "fluxvision.nothing"]):
        done = house.ingest(*arguments, codes=(2,))
        assert len(done.err.strip().splitlines()) == 1
    house.ingest("--year", "24", codes=(2,))


def test_generated_tables_land_once_and_are_replaced_whole(house: House) -> None:
    house.ingest("--select", "reference.regions", "reference.saisons")
    rows = count(house, "raw_reference.regions")
    assert rows > 10
    version = house.rows("select xmin, ctid from raw_reference.regions")
    house.ingest("--select", "reference.regions")
    assert house.rows("select xmin, ctid from raw_reference.regions") == version
    house.ingest("--select", "reference.regions", "--mode", "full")
    assert count(house, "raw_reference.regions") == rows
    assert house.rows("select xmin, ctid from raw_reference.regions") != version
    assert house.value("select pg_typeof(date_debut)::text from raw_reference.saisons") == "date"


def test_two_runs_at_once_are_never_wrong(house: House) -> None:
    for number in range(5):
        name = f"Nuitee_2024B1_ZONE{chr(65 + number)}0.csv"
        (house.inbox / name).write_bytes(nights(*range(1, 50)))
    first = house.start(house.ingest_command(*ONLY))
    second = house.start(house.ingest_command(*ONLY))
    ends = [process.communicate(timeout=120) for process in (first, second)]
    codes = {first.returncode, second.returncode}
    assert codes <= {0, 1}, ends
    assert 0 in codes, ends
    assert count(house) == 245


def test_the_end_of_the_locks_connection_ends_the_run(house: House) -> None:
    (house.inbox / NAME).write_bytes(nights(1))
    lose = (
        "import sys, time, ingest.landing as module\n"
        "from ingest.warehouse import connect\n"
        "from ingest.settings import warehouse\n"
        "def lose(self, *a):\n"
        "    opened = connect(warehouse(), autocommit=True)\n"
        '    opened.cursor().execute("select pg_terminate_backend(pid) from pg_stat_activity"\n'
        "        \" where application_name = 'ingest-' || %s and pid <> pg_backend_pid()\","
        " (self.run_id,))\n"
        "    time.sleep(30)\n"
        "module.Landing._wait = lose\n"
        "from ingest.run_all import main\n"
        "sys.exit(main(['--select', 'fluxvision']))\n"
    )
    done = house.call([house.ingest_command()[0], "-c", lose], codes=(1,))
    assert "lock was lost" in done.err
    assert done.seconds < 25
    house.ingest(*ONLY)
    assert count(house) == 1


def test_neither_locale_nor_client_encoding_changes_what_lands(house: House) -> None:
    header = "Date;ZoneObservation;Provenance;CategorieVisiteur;Volume;Remarque\n"
    content = f"{header}2024-01-01;Châtaigneraie;ÉTRANGER;TOURISTE;1;œuvre d’été €\n"
    (house.inbox / "Nuitee_2024B1_CHÂTAIGNERAIE0.csv").write_bytes(content.encode("cp1252"))
    house.ingest(*ONLY, LC_ALL="C", PGCLIENTENCODING="LATIN1", PGTZ="Asia/Tokyo")
    row = house.records("select * from raw_fluxvision.nuitee")[0]
    assert (row["zone_observation"], row["provenance"]) == ("Châtaigneraie", "ÉTRANGER")
    assert row["remarque"] == "œuvre d’été €"
    age = "extract(epoch from now() - _loaded_at)"
    assert house.value(f"select {age} between 0 and 600 from raw_fluxvision.nuitee")
    assert house.value("select encoding from etl.file_ledger where path like 'Nuit%%'") == "cp1252"
    assert house.value("select logical_name from etl.file_ledger where path like 'Nuit%%'") == (
        "nuitee/2024B1/CHATAIGNERAIE"
    )


def test_checking_lists_what_would_run_and_connects_to_nothing(house: House) -> None:
    done = house.ingest("--check", "--json", FLUXVISION_URL="sftp://nobody@127.0.0.1:9/x")
    tables = json.loads(done.out)["tables"]
    assert {"fluxvision.nuitee", "reference.jours"} <= {table["table"] for table in tables}
    assert done.seconds < 10


def test_the_first_failure_stops_the_run_when_asked(house: House) -> None:
    (house.inbox / "Nuitee_2024B1_AAA0.csv").write_bytes(b"Date\n2024-01-01\n")
    (house.inbox / "Nuitee_2024B1_BBB0.csv").write_bytes(nights(1))
    done = house.ingest(*ONLY, "--fail-fast", codes=(1,))
    assert "stopped at the first failure" in done.err
    assert count(house) == 0
    said = "select count(*) from etl.run_log where status = 'ok' and step = 'load' and run_id = %s"
    run_id = house.value("select max(run_id) from etl.run_log")
    assert house.rows(said, (run_id,)) == [(0,)], "what was not looked at is not fresh"
    house.ingest(*ONLY, "--continue-on-error")
    assert count(house) == 1
