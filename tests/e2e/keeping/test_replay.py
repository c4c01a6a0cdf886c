"""Files with rejects, or that failed, read again: what reads better lands, and the facts follow."""

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
FACTS = r"^dwh_facts$"
SUM = "select coalesce(sum(volume), 0) from dwh_facts.fait_nuitees"


@pytest.fixture(scope="module")
def house(make_house: Callable[[str], House]) -> Iterator[House]:
    made = make_house("replay")
    made.variables["FLUXVISION_ARCHIVE"] = str(made.folder / "archive")
    yield made
    made.demolish()


def build(house: House, *arguments: str) -> None:
    house.dbt(
        *("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--select", "+fait_nuitees", *arguments),
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


def files(house: House) -> list[tuple[Any, ...]]:
    return house.rows(
        "select path, status, rows_read, rows_landed, rows_rejected, (select count(*) from"
        " etl.rejects as r where r._file_id = l._file_id)::int, (select count(*) from"
        " raw_fluxvision.nuitee as n where n._file_id = l._file_id)::int"
        " from etl.file_ledger as l where source = 'fluxvision' order by path"
    )


def test_what_reads_better_lands_and_the_facts_follow(house: House) -> None:
    (house.inbox / ZONE).write_bytes(nights(1, 2, 3) + b"ragged;line\n")
    (house.inbox / OTHER).write_bytes(nights(10, 20, zone="GENTIANE"))
    (house.inbox / NEVER).write_bytes(b"another;header\n1;2\n")
    house.ingest(*ONLY, codes=(1,))
    as_they_are = [
        (ZONE, "landed", 4, 3, 1, 1, 3),
        (OTHER, "landed", 2, 2, 0, 0, 2),
        (NEVER, "failed", None, None, None, 0, 0),
    ]
    assert files(house) == as_they_are
    as_if_a_line_had_been_rejected(house, ZONE, 2)
    as_if_it_had_failed(house, OTHER)
    held = files(house)
    seen = house.rows("select delivery_id, seen_at, delivered_at from etl.file_ledger order by 1")
    build(house)
    assert house.value(SUM) == 4
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
    build(house)
    assert house.value(SUM) == 36
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
