"""Rows past their retention leave, stay away whatever is landed again, and nothing else moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ingest.catalog import Table
from ingest.lock import dataset_lock
from ingest.parts import Destination
from ingest.privacy.purge import Purge, Purged
from ingest.privacy.retention import Cut
from ingest.runlog import RunLog, new_run_id
from tests.conftest import HOME
from tests.support.depot import SCHEMA, Depot, Source, table
from tests.support.house import House

pytestmark = pytest.mark.e2e

TODAY = date(2025, 3, 31)
HISTORY = Destination("ods", "snap_sigeti__lots")


@pytest.fixture(scope="module")
def shared_depot() -> Iterator[Depot]:
    made = Depot(House.build("purge_depot", HOME), Source.make("purge_source"))
    made.house.call_sql(
        "create table ods.snap_sigeti__lots (id integer, vu date, dbt_valid_to timestamp)",
        "alter table ods.snap_sigeti__lots owner to entrepot_transformer",
    )
    yield made
    made.demolish()


@pytest.fixture
def depot(shared_depot: Depot) -> Depot:
    """Thirty rows, one for each day of January 2025, the last one without a day."""
    shared_depot.clear()
    shared_depot.house.call_sql(f"truncate {HISTORY.schema}.{HISTORY.table}")
    shared_depot.source.execute(
        "create table lots (id integer primary key, vu date)",
        "insert into lots select i, date '2025-01-01' + i - 1 from generate_series(1, 30) as i",
        "update lots set vu = null where id = 30",
    )
    return shared_depot


def lots(**ingest: Any) -> Table:
    return table("lots", **{"cursor": "vu", "lookback": "1d", "retention": "2 months"} | ingest)


def purge(
    depot: Depot, declared: Table, today: date = TODAY, *, batch_rows: int = 7, **wanted: Any
) -> Purged:
    """A purge on a day, in portions that are smaller than what goes."""
    log = RunLog(new_run_id(), depot.house.folder / "logs")
    with dataset_lock(
        depot.house.warehouse, [SCHEMA], run_id=log.run_id, on_loss=lambda: None
    ) as lock:
        assert declared.retention is not None
        from datetime import datetime, time

        first = declared.retention.before(datetime.combine(today, time())).date()
        work = Purge(lock, log, {("sigeti", "lots"): HISTORY}, batch_rows=batch_rows, **wanted)
        done = work.of(Cut(declared, first))
    log.close()
    return done


def ids(depot: Depot) -> list[int]:
    return [row[0] for row in depot.raw("id", "lots")]


def test_what_was_purged_stays_purged_whatever_is_read_again(depot: Depot) -> None:
    depot.land(lots())
    done = purge(depot, lots(), date(2025, 3, 16))
    assert (done.cut.first_day, done.rows, done.failure) == (date(2025, 1, 16), 15, None)
    left = list(range(16, 31))
    assert ids(depot) == left, "the row without a day is kept"
    image_rows = "select image_rows from etl.source_tables where table_name = 'lots'"
    assert depot.house.value(image_rows) == 15
    trace = depot.raw("id, _run_id, _loaded_at, xmin::text", "lots")
    for full in (False, True):
        outcome = depot.land(lots(), force_full=full)["lots"]
        assert (outcome.failure, outcome.counts.changed) == (None, 0)
    assert outcome.notes == ["sigeti.lots: 15 rows of before 2025-01-16, which the purge took out"]
    assert depot.raw("id, _run_id, _loaded_at, xmin::text", "lots") == trace
    assert depot.house.value(image_rows) == 15


def test_a_row_that_is_written_again_is_a_new_row(depot: Depot) -> None:
    depot.land(lots())
    purge(depot, lots(), date(2025, 3, 16))
    depot.source.execute("update lots set vu = '2025-03-20' where id = 3")
    depot.land(lots())
    assert 3 in ids(depot)


def test_a_second_purge_and_a_count_change_nothing(depot: Depot) -> None:
    depot.land(lots())
    counted = purge(depot, lots(), dry_run=True)
    assert counted.rows == 29 and ids(depot) == list(range(1, 31))
    log = "select step, status, table_name, rows from etl.run_log where step = 'purge'"
    assert depot.house.rows(log) == []
    assert purge(depot, lots()).rows == counted.rows
    before = depot.raw("id, xmin::text", "lots")
    assert purge(depot, lots()).total == 0
    assert depot.raw("id, xmin::text", "lots") == before
    assert depot.house.rows(log) == [("purge", "ok", "lots", 29), ("purge", "ok", "lots", 0)]


def test_a_longer_retention_brings_back_what_the_source_still_has(depot: Depot) -> None:
    depot.land(lots())
    purge(depot, lots())
    assert ids(depot) == [30]
    assert purge(depot, lots(retention="1 year")).rows == 0
    depot.land(lots(retention="1 year"), force_full=True)
    assert ids(depot) == list(range(1, 31))


def test_the_history_goes_with_the_rows(depot: Depot) -> None:
    depot.land(lots())
    depot.house.call_sql(
        f"insert into {HISTORY.schema}.{HISTORY.table} values"
        " (1, '2025-01-01', '2025-01-05'), (1, '2025-01-05', null), (9, '2025-01-30', null)"
    )
    done = purge(depot, lots(), date(2025, 3, 20))
    assert done.versions == 2
    assert depot.house.rows(f"select id from {HISTORY.schema}.{HISTORY.table}") == [(9,)]


def test_rejects_are_as_old_as_their_rejection(depot: Depot) -> None:
    depot.land(lots())
    depot.house.call_sql(
        *(
            "insert into etl.rejects (reject_id, run_id, source, table_name, reason, rejected_at)"
            f" values ('{day}{name}', 'r', 'sigeti', '{name}', 'null key', '{day}')"
            for day in ("2024-01-01", "2025-03-30")
            for name in ("lots", "zones")
        )
    )
    assert purge(depot, lots()).rejects == 1
    left = depot.house.rows("select reject_id from etl.rejects order by 1")
    assert left == [("2024-01-01zones",), ("2025-03-30lots",), ("2025-03-30zones",)]


def test_a_purge_that_ended_in_the_middle_is_brought_to_its_end(depot: Depot) -> None:
    """Killed after a portion: no load brings back what went, the next purge takes the rest."""
    depot.land(lots())
    depot.house.call_sql(
        "create function stop() returns trigger language plpgsql as"
        " $$ begin if old.id = 20 then raise 'power cut'; end if; return old; end $$",
        f"create trigger stop before delete on {SCHEMA}.lots for each row execute function stop()",
    )
    done = purge(depot, lots())
    assert done.failure and "power cut" in done.failure
    assert 0 < len(ids(depot)) < 30
    depot.house.call_sql(f"drop trigger stop on {SCHEMA}.lots", "drop function stop")
    depot.land(lots(), force_full=True)
    purge(depot, lots())
    assert ids(depot) == [30]
    assert depot.house.value("select image_rows from etl.source_tables") == 1


def test_a_column_that_is_no_day_is_named(depot: Depot) -> None:
    depot.source.execute("alter table lots add column saisi text default '01/01/2025'")
    declared = lots(retention_column="saisi")
    depot.land(declared)
    done = purge(depot, declared)
    assert done.failure == (
        "sigeti.lots: saisi is text, and no date or timestamp:"
        " name another `retention_column` in x.yml"
    )
    assert len(ids(depot)) == 30
