"""`entrepot monitor` tells what a look at every line would tell, and looks at few of them."""

from __future__ import annotations

import json
import random
import re
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ingest.warehouse import WarehouseError
from orchestration import monitor
from orchestration.monitor import collect, queries, show_monitor, telling, watch
from tests.conftest import HOME
from tests.support.house import House

pytestmark = pytest.mark.e2e

LONGEST = "mart_fluxvision_" + "x" * 29
TABLES = (("fluxvision", "nuitee"), ("fluxvision", "diurne"), ("dbt", "fait_nuitees"))
BRUTE_FORCE = """
    select
        source, table_name,
        max(logged_at) filter (where status in ('ok', 'warn')),
        max(logged_at) filter (where status in ('ok', 'warn') and rows > 0)
    from etl.run_log
    where step in ('load', 'build', 'snapshot')
    group by 1, 2
"""


@pytest.fixture(scope="module")
def bare() -> Iterator[House]:
    """A prepared warehouse in which nothing has run yet, and which dbt has never seen."""
    made = House.build("monitor", HOME)
    yield made
    made.demolish()


@pytest.fixture
def house(bare: House) -> Iterator[House]:
    """The same with some tables, a log of 3,000 lines at random, and rejects."""
    bare.call_sql(
        "set role entrepot_loader",
        "create table if not exists raw_fluxvision.nuitee as select generate_series(1, 1234) as n",
        "create table if not exists raw_fluxvision.diurne (n int)",
        "set role entrepot_transformer",
        "create table if not exists dwh_facts.fait_nuitees (n int)",
        f"create table if not exists dwh_marts.{LONGEST} (n int)",
        "reset role",
        "truncate etl.run_log, etl.rejects",
        *_lines(random.Random(42)),
        """insert into etl.rejects (reject_id, run_id, source, table_name, reason, rejected_at)
        select 'r' || n, 'r', 'fluxvision', 'nuitee', 'old', now() - interval '9 days'
        from generate_series(1, 10500) as n""",
        """insert into etl.rejects (reject_id, run_id, source, table_name, reason, rejected_at)
        select 'new' || n, 'r', 'sigeti', 'lots', 'new', now() from generate_series(1, 7) as n""",
    )
    # In a session of its own: the one that made the rows would count them once more.
    bare.call_sql("analyze raw_fluxvision.nuitee")
    yield bare
    bare.call_sql("drop view if exists etl.vw_sla_breach")


def _lines(chance: random.Random) -> Iterator[str]:
    """Lines of many runs over the last three weeks, of every step and status."""
    begun = datetime.now(UTC) - timedelta(days=21)
    values = []
    for number in range(3000):
        source, table = chance.choice(TABLES)
        step = chance.choice(["extract", "test", "build" if source == "dbt" else "load"])
        status = chance.choice(["ok", "ok", "warn", "failed", "skipped"])
        moment = begun + timedelta(minutes=10 * number)
        values.append(
            f"('{moment.isoformat()}', 'run{number // 60:03}', '{source}', '{table}', '{step}',"
            f" '{status}', {chance.choice([0, 0, 5])}, {chance.random() * 9:.3f})"
        )
    yield (
        "insert into etl.run_log (logged_at, run_id, source, table_name, step, status, rows,"
        f" seconds) values {', '.join(values)}"
    )


def test_a_warehouse_in_which_nothing_ran_is_shown(
    bare: House, capsys: pytest.CaptureFixture[str]
) -> None:
    found = collect(bare.warehouse)
    assert [found[name] for name in ("runs", "rejects", "freshness", "slow_models")] == [[]] * 4
    show_monitor(bare.warehouse)
    assert "run_log" in capsys.readouterr().out


def test_last_load_and_change_are_those_of_the_whole_log(house: House) -> None:
    expected = {(row[0], row[1]): row[2:] for row in house.rows(BRUTE_FORCE)}
    told = {
        (one["schema_name"].removeprefix("raw_"), one["object_name"]): one
        for one in collect(house.warehouse)["objects"]
    }
    for source, table in TABLES:
        one = told["dwh_facts" if source == "dbt" else source, table]
        assert (one["last_ok"], one["last_change"]) == expected[source, table]
    differ = [one for one in told.values() if one["last_change"] != one["last_ok"]]
    assert differ, "a load without rows changes nothing"
    assert told["dwh_marts", LONGEST]["last_ok"] is None
    assert told["fluxvision", "nuitee"]["rows"] == 1234
    assert told["fluxvision", "nuitee"]["bytes"] > 8192


def test_runs_and_models_are_the_last_ones(house: House) -> None:
    found = collect(house.warehouse)
    assert [run["run_id"] for run in found["runs"]] == [f"run{n:03}" for n in range(49, 44, -1)]
    newest = found["runs"][0]
    assert house.rows(
        "select count(*) filter (where status in ('ok', 'warn')),"
        " count(*) filter (where status = 'failed') from etl.run_log where run_id = 'run049'"
    ) == [(newest["ok"], newest["failed"])]
    assert newest["seconds"] == 59 * 600
    builds = house.rows(
        "select seconds from etl.run_log where source = 'dbt' and step = 'build'"
        " and status = 'ok' order by logged_at desc limit 31"
    )
    (model,) = found["slow_models"]
    last, *before = [seconds for (seconds,) in builds]
    assert (model["model"], model["seconds"]) == ("fait_nuitees", last)
    middle = sorted(before)[14:16]
    assert model["usual_seconds"] == pytest.approx(sum(middle) / 2)


def test_rejects_come_newest_first_and_are_counted_so_far(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    some = collect(house.warehouse)["rejects"]
    assert [(one["table_name"], one["reason"], one["rows"]) for one in some] == [
        ("sigeti.lots", "new", 7),
        ("fluxvision.nuitee", "old", queries.COUNTED + 1),
    ]
    show_monitor(house.warehouse)
    assert re.search(r"fluxvision.nuitee: old +10 000\+ +9 d", capsys.readouterr().out)
    show_monitor(house.warehouse, exact=True)
    assert re.search(r"fluxvision.nuitee: old +10 500 +9 d", capsys.readouterr().out)


def test_exact_counts_what_statistics_have_missed(house: House) -> None:
    house.call_sql("insert into raw_fluxvision.nuitee values (0)")
    house.call_sql("create table if not exists dwh_marts.of_another as select 1 as n")
    told = collect(house.warehouse, exact=True)["objects"]
    rows = {one["object_name"]: one["rows"] for one in told}
    assert rows["nuitee"] == 1235
    assert "of_another" in rows, "a table that we may not read keeps its estimate"
    house.call_sql(
        "delete from raw_fluxvision.nuitee where n = 0", "drop table dwh_marts.of_another"
    )


def test_no_question_reads_the_log_or_the_rejects_whole(house: House) -> None:
    asked = {
        "objects": queries.OBJECTS,
        "runs": queries.RUNS,
        "slow models": queries.SLOW_MODELS,
        "rejects": queries.REJECTS.format(limit=queries.COUNT_SOME),
    }
    with house.cursor() as cursor:
        # These tables are small: the question is whether there is an index for each look at all.
        cursor.execute("set enable_seqscan = off; set enable_bitmapscan = off; analyze etl.run_log")
        for name, query in asked.items():
            cursor.execute(f"explain {query}")
            plan = [line for (line,) in cursor]
            scans = [line for line in plan if re.search("Seq Scan on (run_log|rejects)", line)]
            assert not scans, f"{name}: {scans}"
            conditions = [line for line in plan if "Index Cond" in line]
            assert any("table_name = " in line for line in conditions) or name == "runs", plan


def test_late_tables_are_marked_and_listed(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    late = ", ".join(f"('far', 't{n}', 'CRITICAL', null::timestamptz, 9, 36)" for n in range(20))
    house.call_sql(
        "set role entrepot_transformer",
        "create view etl.vw_sla_breach as select * from (values"
        f" ('fluxvision', 'nuitee', 'WARNING', now() - interval '9 days', 192, null), {late})"
        " as t (source, table_name, sla_status, last_success_at, warn_after_hours,"
        " error_after_hours)",
    )
    show_monitor(house.warehouse)
    out = capsys.readouterr().out
    assert re.search(r"^raw_fluxvision .* late$", out, re.MULTILINE)
    assert re.search(r"^  nuitee .* late$", out, re.MULTILINE)
    assert re.search(r"^far\.t0 +CRITICAL +never +36 h$", out, re.MULTILINE)
    assert "and 6 more" in out
    assert max(map(len, out.splitlines())) <= 80


def test_it_fits_80_columns_whatever_the_names_and_numbers() -> None:
    now = datetime.now(UTC) - timedelta(minutes=59)
    objects = [
        {
            "schema_name": "dwh_marts",
            "object_name": LONGEST,
            "rows": 20_296_346,
            "bytes": 1023 * 2**20,
            "last_ok": now,
            "last_change": now,
            "sla_status": "CRITICAL",
        }
    ]
    names = ("freshness", "files", "undated")
    reason = {"table_name": "sigeti.lots", "reason": "long " * 40, "rows": 9, "last_at": now}
    model = {"model": "m" * 45, "seconds": 1234.5, "usual_seconds": None, "built_at": now}
    run = {
        "run_id": "r" * 36,
        "began_at": now,
        "ok": 12345,
        "failed": 1234,
        "seconds": 86400.0,
        "steps": "build, extract, grants, list, load, profile, purge, snapshot, test",
    }
    found = {
        "objects": objects,
        "rejects": [reason],
        "slow_models": [model],
        "runs": [run],
        **{name: [] for name in names},
    }
    for exact in (False, True):
        text = telling.as_text(found, width=80, exact=exact)
        assert max(map(len, text.splitlines())) <= 80, text
    wide = telling.as_text(found, width=200)
    assert LONGEST in wide, "a wide terminal shows names whole"


def test_json_is_for_programs(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    show_monitor(house.warehouse, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert {"objects", "freshness", "runs", "slow_models", "files", "rejects"} <= set(told)


def test_watching_outlives_the_server_and_ends_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = iter([collect, _gone, collect])
    monkeypatch.setattr(monitor, "collect", lambda warehouse: next(drawn)(warehouse))
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(monitor.time, "sleep", sleep)
    watch(house.warehouse, 7)
    out = capsys.readouterr().out
    assert slept == [7, 7, 7]
    assert out.count("raw_fluxvision") == 2
    assert "the server is gone" in out
    assert "  nuitee" not in out, "one line per layer"


def _gone(_: object) -> None:
    raise WarehouseError("the server is gone")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to one process there")
def test_ctrl_c_ends_the_watch_cleanly(house: House) -> None:
    watching = house.start([sys.executable, "-m", "orchestration.cli", "monitor", "--watch", "30"])
    assert watching.stdout is not None
    assert "every 30 s" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, err = watching.communicate(timeout=20)
    assert (watching.returncode, err) == (0, "")
