"""Logs, reports, failed tests, leftovers go when they are too old; what is read of them stays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest import settings
from ingest.files.scratch import throwaway
from tests.conftest import HOME
from tests.support.house import House

pytestmark = pytest.mark.e2e

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    made = House.build("purge_old", HOME)
    yield made
    made.demolish()


def aged(path: Path, days: float) -> Path:
    """A file or folder that was last written some days ago, as private as those of the house."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.write_text("x" * 100, encoding="utf-8")
        path.chmod(0o600)
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


def a_dead_run(days: float) -> Path:
    """What a run that was killed left behind."""
    runs = settings.STATE_DIR / "runs"
    runs.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = runs / f"run-dead{days}"
    folder.mkdir()
    (folder / "rows.parquet").write_text("y" * 500)
    aged(runs / f"run-dead{days}.lock", days)
    return folder


def counted(said: str) -> dict[str, tuple[str, str]]:
    """Of the second table: what -> how many, bytes."""
    lines = said.split("how many")[1].splitlines()[2:]
    parts = [line.rsplit(maxsplit=5) for line in lines if line.strip()]
    return {p[0].strip(): (p[3], f"{p[4]} {p[5]}") for p in parts if len(p) == 6}


def note(house: House, table: str, days: int, rows: int = 1, step: str = "load") -> None:
    house.call_sql(
        "insert into etl.run_log (logged_at, run_id, source, table_name, step, status, rows)"
        f" select now() - interval '{days} days' - i * interval '1 second', 'r', 'erp', '{table}',"
        f" '{step}', 'ok', 1 from generate_series(1, {rows}) as i"
    )


def test_what_is_too_old_is_counted_and_then_goes(house: House) -> None:
    logs, reports = house.folder / "logs", settings.STATE_DIR / "reports"
    old = [aged(logs / "20250101T000000Z-0000.jsonl", 31), aged(logs / "dbt.log.1", 40)]
    old.append(aged(reports / "validation.html", 31))
    new = [aged(logs / "20250102T000000Z-0000.jsonl", 29), aged(reports / "new.html", 1)]
    elsewhere = aged(house.folder / "precious.jsonl", 400)
    link = logs / "link.jsonl"
    link.symlink_to(elsewhere)
    new += [elsewhere, aged(logs / "notes.txt", 400)]
    note(house, "quiet", 400)
    note(house, "busy", 40, rows=130)
    house.call_sql(
        "insert into etl.test_failures (invocation_id, run_id, test, place, status, failed_at)"
        " values ('a', 'r', 't', 0, 'fail', now() - interval '31 days'),"
        " ('b', 'r', 't', 0, 'fail', now() - interval '29 days')"
    )
    house.call_sql(
        "insert into etl.validation (validation_id, source, table_name, check_name, is_equal,"
        " checked_at) values ('a', 'erp', 't', 'c', true, now() - interval '31 days'),"
        " ('b', 'erp', 't', 'c', true, now() - interval '29 days')"
    )
    with throwaway(settings.STATE_DIR / "runs") as living:
        aged(living.with_suffix(".lock"), 90)
        # A run that starts takes out what dead ones left: these died after it.
        dead, dying = a_dead_run(31), a_dead_run(3)
        before = house.rows("select count(*) from etl.run_log")
        count = house.entrepot("purge", "--dry-run")
        assert all(path.exists() for path in [*old, *new, dead, dying]), "nothing went"
        assert house.rows("select count(*) from etl.run_log") == before
        done = house.entrepot("purge")
        assert living.is_dir(), "a run that lives keeps its folder"
    expected = {
        "log files": ("1", "100 B"),
        "logs of dbt": ("1", "100 B"),
        "failed tests": ("1", counted(count.out)["failed tests"][1]),
        "validations": ("1", counted(count.out)["validations"][1]),
        "reports": ("1", "100 B"),
        "folders of dead runs": ("1", "500 B"),
        # Of each step of a table a hundred lines stay: the next load is compared with them.
        "lines of etl.run_log": ("30", counted(count.out)["lines of etl.run_log"][1]),
    }
    assert counted(count.out) == expected, count.out
    assert counted(done.out) == expected, done.out
    assert "Nothing was taken out" in count.out and "Nothing was taken out" not in done.out
    assert not any(path.exists() for path in [*old, dead])
    assert all(path.exists() for path in [*new, dying]) and link.is_symlink()
    assert house.value("select count(*) from etl.run_log where table_name = 'quiet'") == 1
    assert house.value("select count(*) from etl.run_log where table_name = 'busy'") == 100
    assert house.rows("select invocation_id from etl.test_failures") == [("b",)]
    assert house.rows("select validation_id from etl.validation") == [("b",)]
    lines = house.rows(
        "select table_name, status, rows from etl.run_log where step = 'purge' and source is null"
    )
    assert ("log files", "ok", 1) in lines and len(lines) == len(expected)
    assert all(len(line) <= 80 for line in done.out.splitlines()), done.out
    link.unlink()
    shutil.rmtree(dying)


def test_an_age_can_be_given_for_once_and_by_the_settings(house: House) -> None:
    logs = house.folder / "logs"
    week = aged(logs / "20250103T000000Z-0000.jsonl", 8)
    house.entrepot("purge")
    assert week.exists()
    house.entrepot("purge", "--older-than", "7d")
    assert not week.exists()
    month = aged(logs / "20250104T000000Z-0000.jsonl", 40)
    house.entrepot("purge", ENTREPOT_KEEP_LOGS="2 months")
    assert month.exists()
    house.entrepot("purge", ENTREPOT_KEEP_LOGS="5 weeks")
    assert not month.exists()


def test_rejects_stay_with_their_rows_unless_an_age_is_set(house: House) -> None:
    house.call_sql(
        "insert into etl.rejects (reject_id, run_id, source, table_name, reason, rejected_at)"
        " values ('old', 'r', 'fluxvision', 'nuitee', 'ragged', now() - interval '100 days'),"
        " ('new', 'r', 'fluxvision', 'nuitee', 'ragged', now())"
    )
    left = "select reject_id from etl.rejects order by 1"
    house.entrepot("purge", "--older-than", "1d")
    assert house.rows(left) == [("new",), ("old",)]
    done = house.entrepot("purge", ENTREPOT_KEEP_REJECTS="90d")
    assert counted(done.out)["rejects"][0] == "1"
    assert house.rows(left) == [("new",)]


def test_what_is_wrong_is_said_before_anything_goes(house: House) -> None:
    kept = aged(house.folder / "logs" / "20250105T000000Z-0000.jsonl", 90)
    for arguments, extra, said in (
        (("--older-than", "soon"), {}, "--older-than: 'soon' is not a duration"),
        ((), {"ENTREPOT_KEEP_LOGS": "30"}, "ENTREPOT_KEEP_LOGS: '30' is not a duration"),
        ((), {"ENTREPOT_KEEP_REJECTS": "x"}, "ENTREPOT_KEEP_REJECTS: 'x' is not a duration"),
        (("--older-than", "7d", "--source", "erp"), {}, "goes with neither --source"),
    ):
        done = house.entrepot("purge", *arguments, codes=(2,), **extra)
        assert said in done.err and done.err.count("\n") == 1, done.said
    # Rows of one table have nothing to do with logs.
    done = house.entrepot("purge", "--source", "erp")
    assert "how many" not in done.out and kept.exists()
    # What cannot be taken out is told, and the rest goes on.
    reports = settings.STATE_DIR / "reports"
    report = aged(reports / "validation.html", 90)
    house.call_sql("alter table etl.test_failures rename to away")
    try:
        done = house.entrepot("purge", codes=(1,))
    finally:
        house.call_sql("alter table etl.away rename to test_failures")
    assert 'failed tests: relation "etl.test_failures" does not exist' in done.err
    assert not report.exists() and not kept.exists()
