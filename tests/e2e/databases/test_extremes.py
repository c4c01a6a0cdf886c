"""Moments and numbers at the ends of PostgreSQL's types: they land as they were, or their row is
rejected with the column's name, and the rows beside it go on.
"""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from tests.support.depot import Depot, table

pytestmark = pytest.mark.e2e

LANDED = {
    "a": ("timestamp", "-infinity"),
    "b": ("timestamptz", "-infinity"),
    "c": ("timestamp", "0044-03-15 00:00:00 BC"),
    "d": ("timestamp", "294247-01-10 04:00:54.775807"),
    "e": ("date", "infinity"),
    "f": ("date", "-infinity"),
    "g": ("date", "4713-01-01 BC"),
    "h": ("date", "5874897-12-31"),
    "i": ("numeric", "NaN"),
    "j": ("numeric", "-Infinity"),
    "k": ("double precision", "NaN"),
    "l": ("real", "Infinity"),
    "m": ("time", "24:00:00"),
    "n": ("interval", "-178000000 years"),
}
REJECTED = {
    "timestamp": ("infinity", "timestamp without time zone"),
    "timestamptz": ("infinity", "timestamp with time zone"),
    "timestamp(3)": ("294276-12-31 23:59:59.999", "timestamp without time zone"),
    "numeric(10,2)": ("NaN", "numeric(10,2)"),
}


def test_what_has_a_place_lands_as_it_was(depot: Depot) -> None:
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in LANDED.items())
    values = ", ".join(f"'{value}'" for _, value in LANDED.values())
    depot.source.execute(
        f"create table tout (id int, {columns})",
        f"insert into tout values (1, {values})",
    )
    assert not depot.land(table("tout"))["tout"].failure
    as_text = ", ".join(f"{name}::text" for name in LANDED)
    own = depot.source.execute("set timezone to 'UTC'", f"select {as_text} from tout")
    assert depot.raw(as_text, "tout") == own
    assert not depot.rejects()


@pytest.mark.parametrize("kind", REJECTED)
def test_what_has_none_takes_its_row_alone(depot: Depot, kind: str) -> None:
    value, raw_kind = REJECTED[kind]
    depot.source.execute(
        f"create table tout (id int, valeur {kind}, jour date, moment timestamp)",
        f"insert into tout values (1, '{value}', '10000-01-01', '0044-03-15 BC'),"
        " (2, null, 'infinity', '-infinity'), (3, null, null, null)",
    )
    outcome = depot.land(table("tout"))["tout"]
    assert not outcome.failure
    assert depot.raw("id, jour::text, moment::text", "tout") == [
        (2, "infinity", "-infinity"),
        (3, None, None),
    ]
    [(reason, text)] = depot.house.rows("select reason, raw_text from etl.rejects")
    assert reason == f"valeur is no {raw_kind}"
    assert json.loads(text)["valeur"] == value
    assert json.loads(text)["jour"] == "10000-01-01"


@pytest.mark.parametrize("kind", REJECTED)
def test_a_column_declared_as_text_carries_it(depot: Depot, kind: str) -> None:
    value, _ = REJECTED[kind]
    depot.source.execute(
        f"create table tout (id int, valeur {kind})",
        f"insert into tout values (1, '{value}'), (2, null)",
    )
    columns = [{"name": "id"}, {"name": "valeur", "data_type": "text"}]
    outcome = depot.land(table("tout", columns))["tout"]
    assert not outcome.failure
    assert depot.raw("valeur", "tout") == [(value,), (None,)]
    assert not depot.rejects()


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz", "date"])
def test_no_such_moment_becomes_the_mark(depot: Depot, kind: str) -> None:
    declared = table("tout", cursor="vu", lookback="1 day")
    depot.source.execute(
        f"create table tout (id int, vu {kind})",
        "insert into tout values (1, '-infinity'), (2, '0044-03-15 BC')",
    )
    assert not depot.land(declared)["tout"].failure
    assert depot.house.rows("select mark from etl.source_tables") == [(None,)]
    depot.source.execute("insert into tout values (3, 'infinity'), (4, '2024-05-06')")
    assert not depot.land(declared)["tout"].failure
    [(mark,)] = depot.house.rows("select mark from etl.source_tables")
    assert datetime.fromisoformat(mark).replace(tzinfo=None) == datetime(2024, 5, 6)
    depot.source.execute("insert into tout values (5, '2024-05-07')")
    outcome = depot.land(declared)["tout"]
    assert not outcome.failure and not outcome.is_full
    landed = [1, 2, 4, 5] if kind.startswith("timestamp") else [1, 2, 3, 4, 5]
    assert [row[0] for row in depot.raw("id", "tout")] == landed


def test_what_lasts_for_ever_is_never_of_before_a_purge(depot: Depot) -> None:
    declared = table("tout", cursor="vu", retention="1 year")
    depot.source.execute(
        "create table tout (id int, vu date)",
        "insert into tout values (1, 'infinity'), (2, '2020-05-06'), (3, '-infinity')",
    )
    assert not depot.land(declared)["tout"].failure
    depot.house.call_sql("update etl.source_tables set purged_before = '2021-01-01'")
    outcome = depot.land(declared, accept_shrink=True, force_full=True)["tout"]
    assert not outcome.failure
    assert depot.raw("id", "tout") == [(1,)]


def test_a_row_that_no_longer_fits_leaves_the_image_as_with_a_full_load(depot: Depot) -> None:
    declared = table("tout", cursor="vu", primary_key=["id", "a"], nullable_key=["a"])
    depot.source.execute(
        "create table tout (id int, a text, vu date, valeur numeric(10, 2))",
        "insert into tout values (1, 'x', '2024-01-01', 1), (2, null, '2024-01-01', 1),"
        " (3, '', '2024-01-01', 1), (4, 'x', '2024-01-01', 1)",
    )
    depot.land(declared)
    depot.source.execute(
        "update tout set valeur = 'NaN', vu = '2024-01-02' where id < 4",
        "insert into tout values (3, '', '2024-01-02', 3), (5, 'x', '2024-01-02', 'NaN')",
    )
    outcome = depot.land(declared)["tout"]
    assert not outcome.failure and not outcome.is_full
    assert depot.raw("id, a, valeur::text", "tout") == [(3, "", "3.00"), (4, "x", "1.00")]
    counts = outcome.counts
    assert (counts.rejected, counts.deleted, counts.updated, counts.image) == (4, 2, 1, 2)
    assert depot.land(declared, force_full=True)["tout"].counts.changed == 0
    depot.source.execute("update tout set valeur = 4, vu = '2024-01-03' where id = 2")
    assert depot.land(declared)["tout"].counts.inserted == 1


def test_a_key_that_is_no_day_takes_no_other_row_out(depot: Depot) -> None:
    declared = table("tout", cursor="vu", primary_key=["jour"])
    depot.source.execute(
        "create table tout (jour timestamp, vu date, valeur numeric(10, 2))",
        "insert into tout values ('2024-01-01', '2024-01-01', 1),"
        " ('0044-03-15 BC', '2024-01-01', 1)",
    )
    depot.land(declared)
    depot.source.execute(
        "insert into tout values ('infinity', '2024-01-02', 1)",
        "update tout set valeur = 'NaN', vu = '2024-01-02' where jour = '2024-01-01'",
    )
    outcome = depot.land(declared)["tout"]
    assert not outcome.failure and outcome.counts.deleted == 1
    assert depot.raw("jour::text", "tout", order="1") == [("0044-03-15 00:00:00 BC",)]
