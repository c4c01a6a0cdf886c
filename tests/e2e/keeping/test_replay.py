"""Files with rejects, or that failed, read again: what reads better lands, and the facts follow.

So they do when what had landed lands again otherwise: `--mode full`, `--rebuild-raw`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.checksums import checksums, differences
from tests.support.house import House
from tests.support.nuitee import nights

pytestmark = pytest.mark.e2e

ONLY = ("--select", "fluxvision")
ZONE, OTHER, NEVER = (
    *("Nuitee_2024B1_CABA0.csv", "Nuitee_2024B1_GENTIANE0.csv", "Nuitee_2024B2_CABA0.csv"),
)
FULL, EMPTY, REBUILT = (
    *("Nuitee_2024B3_CABA0.csv", "Nuitee_2024B3_GENTIANE0.csv", "Nuitee_2024B4_CABA0.csv"),
)
LOG = "DEM12/20250528.LOG"
FACTS = r"^dwh_facts$"
SUM = "select coalesce(sum(volume), 0) from dwh_facts.fait_nuitees"


@pytest.fixture(scope="module")
def house(make_house: Callable[[str], House]) -> Iterator[House]:
    made = make_house("replay")
    made.variables |= {
        "FLUXVISION_ARCHIVE": str(made.folder / "archive"),
        "ATELIER_URL": str(made.folder / "logs of machines"),
        "ATELIER_ARCHIVE": str(made.folder / "archive"),
    }
    yield made
    made.demolish()


def build(house: House, *arguments: str) -> None:
    house.dbt(
        *("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--select", "+fait_nuitees", "+fait_session_production", *arguments),
    )


def as_if_a_line_had_been_rejected(house: House, path: str, row: int) -> None:
    """As an earlier declaration would have left it, under which that line could not be read."""
    house.call_sql(
        f"insert into etl.rejects (reject_id, run_id, source, table_name, _file_id, path,"
        f" row_number, line_number, reason, rejected_at) select _file_id || '-{row}', 'then',"
        f" source, table_name, _file_id, path, {row}, {row} + 1, 'of then', now()"
        f" from etl.file_ledger where path = '{path}'",
        f"update etl.file_ledger set rows_landed = rows_landed - 1,"
        f" rows_rejected = rows_rejected + 1 where path = '{path}'",
        f"delete from raw_fluxvision.nuitee where _row_number = {row} and _file_id in"
        f" (select _file_id from etl.file_ledger where path = '{path}')",
    )


def as_if_it_had_failed(house: House, path: str) -> None:
    house.call_sql(
        "delete from raw_fluxvision.nuitee where _file_id in"
        f" (select _file_id from etl.file_ledger where path = '{path}')",
        "update etl.file_ledger set status = 'failed', reason = 'of then', landed_at = null,"
        f" rows_read = null, rows_landed = null, rows_rejected = null where path = '{path}'",
    )


def deliver_what_will_land_again(house: House) -> None:
    for path, volumes, day in ((FULL, (7, 8), "2024-05-01"), (REBUILT, (9,), "2024-07-01")):
        (house.inbox / path).write_bytes(nights(*volumes, day=day))
    (house.inbox / EMPTY).write_bytes(nights() + b"ragged;line\n")
    log = house.folder / "logs of machines" / LOG
    log.parent.mkdir(parents=True)
    log.write_text("20250528 08:00:00|@StukUitgevoerd: 1\n20250528 09:00:00|@StukUitgevoerd: 2\n")
    house.ingest("--select", "atelier")


def as_if_it_had_been_read_otherwise(house: House) -> None:
    """As an earlier declaration would have left it: other values, other days, other rejects."""
    of = " and _file_id in (select _file_id from etl.file_ledger where path = '{}')".format
    change = "update raw_fluxvision.nuitee set"
    house.call_sql(
        f"{change} volume = '70' where _row_number = 1{of(FULL)}",
        f"{change} date = '2024-05-09' where _row_number = 2{of(FULL)}",
        f"{change} volume = '90' where _row_number = 1{of(REBUILT)}",
        "insert into raw_fluxvision.nuitee (date, zone_observation, provenance,"
        " categorie_visiteur, volume, _file_id, _row_number) select '2024-05-03', 'GENTIANE',"
        f" 'LOCAL', 'TOURISTE', '5', _file_id, 1 from etl.file_ledger where path = '{EMPTY}'",
        f"update etl.file_ledger set rows_landed = 1, rows_rejected = 0 where path = '{EMPTY}'",
        f"delete from etl.rejects where path = '{EMPTY}'",
        "update raw_atelier.lignes_log set texte = replace(texte, '20250528', '20250530')"
        " where _row_number = 2",
    )


def files(house: House) -> list[tuple[Any, ...]]:
    return house.rows(
        "select path, status, rows_read, rows_landed, rows_rejected, (select count(*) from"
        " etl.rejects as r where r._file_id = l._file_id)::int, (select count(*) from"
        " raw_fluxvision.nuitee as n where n._file_id = l._file_id)::int"
        " from etl.file_ledger as l where source = 'fluxvision'"
        " and path = any(%s) order by path",
        [[ZONE, OTHER, NEVER]],
    )


def test_what_reads_better_lands_and_the_facts_follow(house: House) -> None:
    (house.inbox / ZONE).write_bytes(nights(1, 2, 3) + b"ragged;line\n")
    (house.inbox / OTHER).write_bytes(nights(10, 20, zone="GENTIANE"))
    (house.inbox / NEVER).write_bytes(b"another;header\n1;2\n")
    deliver_what_will_land_again(house)
    house.ingest(*ONLY, codes=(1,))
    as_they_are = [
        (ZONE, "landed", 4, 3, 1, 1, 3),
        (OTHER, "landed", 2, 2, 0, 0, 2),
        (NEVER, "failed", None, None, None, 0, 0),
    ]
    assert files(house) == as_they_are
    as_if_a_line_had_been_rejected(house, ZONE, 2)
    as_if_it_had_failed(house, OTHER)
    as_if_it_had_been_read_otherwise(house)
    held = files(house)
    seen = house.rows("select delivery_id, seen_at, delivered_at from etl.file_ledger order by 1")
    build(house)
    assert house.value(SUM) == 4 + 70 + 8 + 5 + 90
    (house.inbox / ZONE).unlink()  # the archive has it
    said = house.entrepot("replay", "fluxvision", "--dry-run").out
    assert "would land" in said and "Nothing was landed" in said
    assert files(house) == held
    told = json.loads(house.entrepot("replay", "--json").out)["files"]
    assert [(f["path"], f["rejects_before"], f["rejects_after"], f["rows_won"]) for f in told] == [
        (ZONE, 2, 1, 1),
        (OTHER, None, 0, 2),
        (NEVER, None, None, 0),
    ]
    assert [f["landed"] for f in told] == [True, True, False]
    assert files(house) == as_they_are
    again = house.rows("select delivery_id, seen_at, delivered_at from etl.file_ledger order by 1")
    assert again == seen
    for path in (FULL, EMPTY):
        house.ingest(*ONLY, "--mode", "full", "--files", path, codes=(0, 1))
    house.ingest(*ONLY, "--rebuild-raw", "--files", REBUILT)
    house.ingest("--select", "atelier", "--rebuild-raw")
    assert house.value("select count(*) from etl.file_ledger where status = 'pending'") == 0
    build(house)
    assert house.value(SUM) == 36 + 7 + 8 + 9
    assert house.value("select count(*) from dwh_facts.fait_session_production") == 1
    increments = checksums(house, schemas=FACTS)
    build(house, "--full-refresh")
    assert differences(increments, checksums(house, schemas=FACTS)) == {}


def test_what_reads_no_better_stays_as_it_is(house: House) -> None:
    before = checksums(house, schemas="^raw_", everything=True)
    said = house.entrepot("replay", NEVER, ZONE).out
    assert said.count("as it was") == 2 and "landed" not in said.replace("was landed", "")
    assert differences(before, checksums(house, schemas="^raw_", everything=True)) == {}
    done = house.entrepot("replay", "Nuitee_1999*", codes=(2,))
    assert "is called so" in done.err


def test_without_an_archive_the_place_has_to_have_it_unchanged(house: House) -> None:
    house.variables.pop("FLUXVISION_ARCHIVE")
    as_if_a_line_had_been_rejected(house, OTHER, 1)
    content = (house.inbox / OTHER).read_bytes()
    (house.inbox / OTHER).write_bytes(content + b"\n")
    said = house.entrepot("replay", OTHER).out
    assert "neither archived nor as it was at its place" in said
    assert files(house)[1][3:] == (1, 1, 1, 1)
    done = house.entrepot("replay", OTHER, codes=(2,), FLUXVISION_URL="gopher://there/x")
    assert "FLUXVISION_URL: gopher:// is no place of files" in done.err
    done = house.entrepot("replay", OTHER, codes=(1,), FLUXVISION_URL=str(house.folder / "gone"))
    assert "is not a folder that can be read" in done.err and done.err.count("\n") == 1
    failed = "select count(*) from etl.run_log where step = 'replay' and status = 'failed'"
    assert house.value(failed) == 1
    (house.inbox / OTHER).write_bytes(content)
    house.ingest(*ONLY)
    assert "landed" in house.entrepot("replay", OTHER).out
    assert files(house)[1][3:] == (2, 0, 0, 2)


def test_rejected_keys_wait_for_a_full_load(house: House) -> None:
    house.call_sql(
        "insert into etl.rejects (reject_id, run_id, source, table_name, reason, rejected_at)"
        " values ('k', 'then', 'sigeti', 'lots', 'key comes twice', now())"
    )
    said = house.entrepot("replay", "sigeti.lots").out
    assert "sigeti.lots: 1 rejected keys" in said and "--mode full --select sigeti.lots" in said
    assert max(map(len, said.splitlines())) <= 80
