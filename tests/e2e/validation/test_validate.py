"""`entrepot validate` on a warehouse with all five demo sources: nothing differs after days of
changes, and each of many faults, made one at a time, is found and named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from ingest.progress import Silent
from ingest.settings import TRANSFORMER_ROLE, environment
from ingest.validation.model import (
    ADDED,
    LOST,
    STALE,
    UNNOTED,
    UNREADABLE,
    Checked,
)
from ingest.warehouse import connect
from orchestration.validation.checking import Asked, Found, validate
from orchestration.validation.facts import Audit, _audits, run_audit
from tests.support.compared import Compared, compared, live
from tests.support.house import House
from tests.support.spoiling import IN_FACTS, IN_RAW, Fault, rounds, spoilt

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def here(make_house: Callable[[str], House]) -> Iterator[Compared]:
    """The warehouse, and the environment of its user for what is called in this process."""
    house = make_house("validated")
    with compared(house) as made:
        live(made)
        with house.entered():
            yield made
    house.demolish()


@pytest.fixture(scope="module")
def whole(here: Compared) -> dict[str, Any]:
    """Everything compared, as a user does; before anything is spoilt."""
    return here.validate("--deep", code=0)


@pytest.fixture(scope="module")
def audits(here: Compared, whole: dict[str, Any]) -> list[Audit]:
    """The audits as the command has just compiled them."""
    return list(_audits(json.loads((here.house.target / "validation/manifest.json").read_bytes())))


def test_nothing_differs_after_days_of_changes(here: Compared, whole: dict[str, Any]) -> None:
    assert whole["equal"] and not whole["failures"]
    checks = whole["checks"]
    assert {one["source"] for one in checks} >= {
        *("fluxvision", "atelier", "sigeti", "erp", "commandes", "reference")
    }
    # Rows were compared: of every source, of both kinds, and the facts.
    for source in ("fluxvision", "atelier", "sigeti", "erp", "commandes"):
        own = [one for one in checks if one["source"] == source]
        assert sum(one["expected"] or 0 for one in own) > 100, source
        assert any(one["expected"] is None for one in own), f"{source} has facts"
        assert all(one["equal"] for one in own)
    deletes = [one for one in checks if one["counts"]]
    assert deletes, "two days of deltas have left deletions for the full load"
    assert {one["source"] for one in deletes} <= {"sigeti", "erp", "commandes"}
    noted = here.house.value(
        "select count(*) from etl.validation where run_id = %s and period is null"
        " and check_name not like '%%: %%'",
        [whole["run_id"]],
    )
    assert noted == len(checks)


def _validated(here: Compared, *select: str, deep: bool = False, strict: bool = False) -> Found:
    asked = Asked(select, deep=deep, strict=strict, facts=False)
    return validate(here.house.warehouse, asked, Silent())


def _faults(checks: list[Checked]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (each.heading, each.key, each.columns)
        for one in checks
        for each in one.differences
        if one.is_fault(each.heading)
    ]


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("names", rounds(IN_RAW), ids=len)
def test_faults_in_raw_are_found_and_named(here: Compared, names: list[str]) -> None:
    faults = {IN_RAW[name].table.removeprefix("raw_"): IN_RAW[name] for name in names}
    with ExitStack() as stack:
        keys = {table: stack.enter_context(spoilt(here, faults[table])) for table in faults}
        select = {fault.select for fault in faults.values()}
        deep = any(fault.deep for fault in faults.values())
        found = _validated(here, *select, deep=deep)
    assert found.code == 1
    # Each is found, and nothing else is.
    assert len(_faults(found.checks)) == len(names)
    for table, fault in faults.items():
        ((heading, named, columns),) = _faults([c for c in found.checks if c.key == table])
        assert (heading, columns) == (fault.heading, fault.columns), table
        assert keys[table] in named


@pytest.mark.usefixtures("whole")
def test_a_day_missing_in_a_file(here: Compared) -> None:
    fault = Fault(
        "fluxvision.nuitee", "raw_fluxvision.nuitee", "select 1", LOST, "_file_id || date"
    )
    with spoilt(here, fault) as key:
        day = f"_file_id || date = '{key}'"
        numbers = here.house.rows(
            f"delete from raw_fluxvision.nuitee where {day} returning _row_number"
        )
        (one,) = (c for c in _validated(here, fault.select).checks if c.counts)
    assert one.counts == {LOST: len(numbers)} and len(numbers) > 1
    assert f"rows {min(numbers)[0]} to " in one.differences[0].key


@pytest.mark.usefixtures("whole")
def test_a_reject_lost_and_a_stale_file(here: Compared) -> None:
    house = here.house
    house.call_sql("create table public.kept as table etl.rejects")
    key = house.value("select left(_file_id, 8) || '), row ' || row_number from etl.rejects")
    house.call_sql("delete from etl.rejects")
    (told,) = _faults(_validated(here, "fluxvision").checks)
    assert told[0] == UNNOTED and key in told[1]
    house.call_sql("insert into etl.rejects table public.kept", "drop table public.kept")

    (path,) = house.rows("select min(path) from etl.file_ledger where status = 'superseded'")[0]
    swapped = (
        "update etl.file_ledger as held set status = case status when 'landed' then 'superseded'"
        " else 'landed' end from (select logical_name from etl.file_ledger where path = %s"
        " and status in ('landed', 'superseded') limit 1) as one"
        " where held.logical_name = one.logical_name and status in ('landed', 'superseded')"
    )
    for stale in (True, False):
        with house.cursor() as cursor:
            cursor.execute(swapped, (path,))
        told_now = _faults(_validated(here, "fluxvision").checks)
        assert ({heading for heading, _, _ in told_now} == {STALE}) is stale
        assert any(path in key for _, key, _ in told_now) is stale


@pytest.mark.usefixtures("whole")
def test_a_content_that_nobody_noted_and_one_that_is_refused_now(
    here: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = here.house
    # Of an archive with several members one is forgotten: that it was read is still known.
    (path, file_id), *_ = house.rows(
        "select max(path), max(_file_id) from etl.file_ledger where table_name = 'nuitee_age'"
        " and path like '%!%' and status = 'landed' group by container_path order by 1"
    )
    house.call_sql("create table public.kept as table etl.file_ledger")
    house.call_sql(f"delete from etl.file_ledger where _file_id = '{file_id}'")
    told = _faults(_validated(here, "fluxvision.nuitee_age", deep=True).checks)
    house.call_sql(
        "truncate etl.file_ledger",
        "insert into etl.file_ledger table public.kept",
        "drop table public.kept",
    )
    assert (LOST, path, ()) in told
    assert any(heading == ADDED and file_id in key for heading, key, _ in told)

    monkeypatch.setenv("ENTREPOT_XLSX_CELLS", "1")
    environment.cache_clear()
    found = _validated(here, "fluxvision.duree_sejour", deep=True)
    monkeypatch.undo()
    environment.cache_clear()
    assert {heading for heading, _, _ in _faults(found.checks)} == {UNREADABLE}
    assert all("duree_sejour.xlsx" in key for _, key, _ in _faults(found.checks))


@pytest.mark.usefixtures("whole")
def test_a_file_that_waits_is_told_and_is_no_fault(here: Compared) -> None:
    page = here.house.inbox / "Nuitee_2024B2_CARLADES.csv"
    page.write_text("Date;ZoneObservation;Provenance;CategorieVisiteur;Volume\n")
    found = _validated(here, "fluxvision")
    page.unlink()
    assert found.code == 0
    assert "FLUXVISION_URL: not landed yet: Nuitee_2024B2_CARLADES.csv" in found.notes


@pytest.mark.parametrize("name", IN_FACTS)
def test_a_fault_in_a_fact_is_found_and_named(
    here: Compared, audits: list[Audit], name: str
) -> None:
    fault = IN_FACTS[name]
    model = fault.table.partition(".")[2]
    own = {model, "tourism_volumes_by_period"} if name == "a volume changed" else {model}
    below = [
        audit
        for audit in audits
        if audit.model in own or (audit.source != "fluxvision" and f'"{model}"' in audit.query)
    ]
    with (
        spoilt(here, fault) as key,
        closing(connect(here.house.warehouse, role=TRANSFORMER_ROLE)) as opened,
    ):
        checks = [run_audit(opened, audit) for audit in below]
    assert not [one.failure for one in checks if one.failure]
    told = [each.key for one in checks for each in one.differences]
    assert any(key in named for named in told), told
    if len(own) > 1:
        assert any("famille=diurne_pays" in named for named in told)


@pytest.mark.usefixtures("whole")
def test_the_command_tells_it_in_80_columns_and_on_a_page(here: Compared) -> None:
    fault = IN_RAW["a value changed by 0.01"]
    with spoilt(here, fault) as key:
        select = ("--select", "sigeti.factures", "--no-facts")
        said = here.house.entrepot("validate", *select, codes=(1,))
    assert max(map(len, said.out.splitlines())) <= 80 or "Report: " in said.out
    assert f"    {key}: montant_total: " in said.out
    assert "1 tables compared" in said.out and ": 1 differences" in said.out
    page = Path(said.out.split("Report: ")[1].split("\n")[0])
    assert f"<td>{key}</td><td>montant_total</td>" in page.read_text(encoding="utf-8")
    logged = here.house.rows(
        "select status, rows > 0, error from etl.run_log where step = 'validate'"
        " and table_name = 'factures' order by logged_at desc limit 1"
    )
    assert logged == [("failed", True, "source and raw image: 1 changed in the warehouse")]


@pytest.mark.usefixtures("whole")
def test_a_source_that_does_not_answer_stops_no_other(here: Compared) -> None:
    away = "postgresql://nobody@127.0.0.1:1/none"
    select = ("--select", "sigeti.lots", "--select", "erp.tabgco", "--no-facts", "--json")
    done = here.house.entrepot("validate", *select, codes=(1,), SIGETI_URL=away)
    answer = json.loads(done.out)
    assert len(answer["failures"]) == 1 and "SIGETI_URL" in answer["failures"][0]
    assert [(one["table"], one["equal"]) for one in answer["checks"]] == [("tabgco", True)]
    wrong = here.house.entrepot("validate", "--select", "sigeti.nothing", codes=(2,))
    assert len(wrong.err.splitlines()) == 1 and "has no such table" in wrong.err


def test_after_a_full_load_nothing_is_left_to_explain(
    here: Compared, whole: dict[str, Any]
) -> None:
    databases = [word for name in ("sigeti", "erp", "commandes") for word in ("--select", name)]
    here.house.ingest("--mode", "full", *databases)
    found = _validated(here, "sigeti", "erp", "commandes", strict=True)
    assert found.code == 0 and not any(one.counts for one in found.checks)
