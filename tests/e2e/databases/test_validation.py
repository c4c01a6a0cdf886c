"""A table of a database against its raw image: what differs is found by the values and named by the
key, and told apart from what the source did after the last load.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ingest.catalog import Table
from ingest.databases.opening import open_database
from ingest.privacy.subjects import Person
from ingest.privacy.traces import ERASED, Search, clean_control, in_control
from ingest.settings import LOADER_ROLE, TRANSFORMER_ROLE
from ingest.validation import rows
from ingest.validation.model import (
    ADDED,
    CHANGED,
    DOUBLED,
    FULL_LOAD,
    GONE,
    LOST,
    NOT_YET,
    REKEYED,
    UNNOTED,
    Checked,
)
from ingest.validation.sides import open_raw
from ingest.validation.tables import TableCheck, Wanted
from ingest.warehouse import connect
from orchestration.validation import after_run
from orchestration.validation.facts import Audit, run_audit
from tests.support.depot import KEY, Depot, table
from tests.support.mariadb import MariaDb
from tests.support.odbc import odbc_url

pytestmark = pytest.mark.e2e

LOTS = (
    "create table lots (id integer, numero text, prix numeric(15,2), total numeric, libre boolean,"
    " fiche jsonb, updated_at timestamptz)"
)
ROWS = (
    "insert into lots select i, 'LOT-' || i, i * 1.5, i + 0.50, i % 2 = 0, '{\"b\": 1, \"a\": 2}',"
    " timestamptz '2025-01-01' + i * interval '1 day' from generate_series(1, 400) as i"
)


def lots(**ingest: Any) -> Table:
    return table("lots", **{"cursor": "updated_at", "lookback": "1d", **ingest})


def compared(depot: Depot, one: Table, *, strict: bool = False, url: str | None = None) -> Checked:
    raw = open_raw(depot.house.warehouse)
    warehouse = connect(depot.house.warehouse, role=LOADER_ROLE)
    database = open_database("SIGETI_URL", url or depot.source.url, {})
    try:
        wanted = Wanted(patience=60, pii_key=KEY, strict=strict)
        return TableCheck(database, raw, warehouse, wanted).check(one)
    finally:
        database.close()
        raw.close()
        warehouse.close()


def told(checked: Checked) -> list[tuple[str, str, tuple[str, ...]]]:
    assert checked.failure is None
    return [(one.heading, one.key, one.columns) for one in checked.differences]


def filled(depot: Depot, one: Table) -> Table:
    depot.source.execute(LOTS, ROWS)
    assert depot.land(one)["lots"].failure is None
    return one


@pytest.fixture
def landed(shared_depot: Depot) -> Iterator[Depot]:
    """The lots, landed once for the tests in a row that spoil nothing but them."""
    house = shared_depot.house
    if house.value("select to_regclass('raw_sigeti.lots_kept')") is None:
        shared_depot.clear()
        filled(shared_depot, lots())
        house.call_sql("create table raw_sigeti.lots_kept as table raw_sigeti.lots")
    yield shared_depot
    house.call_sql(
        "truncate raw_sigeti.lots", "insert into raw_sigeti.lots table raw_sigeti.lots_kept"
    )


def test_what_was_landed_is_equal(landed: Depot) -> None:
    checked = compared(landed, lots(), strict=True)
    assert told(checked) == [] and checked.periods == [] and checked.is_equal
    assert (checked.expected, checked.found, checked.rejected) == (400, 400, 0)


FAULTS: dict[str, tuple[str, list[tuple[str, str, tuple[str, ...]]]]] = {
    "a row lost": ("delete from {} where id = 7", [(LOST, "id=7", ())]),
    "a row added": (
        "insert into {} (id, numero, updated_at, _row_hash)"
        " select 0, numero, updated_at, 'x' from {} where id = 7",
        [(ADDED, "id=0", ())],
    ),
    "a value changed by 0.01": (
        "update {} set prix = prix + 0.01 where id = 7",
        [(CHANGED, "id=7", ("prix",))],
    ),
    "a number that travels as text": (
        "update {} set total = total - 0.01 where id = 7",
        [(CHANGED, "id=7", ("total",))],
    ),
    "a column swapped with another": (
        "update {} set prix = total, total = prix where id = 7",
        [(CHANGED, "id=7", ("prix", "total"))],
    ),
    "two rows that have changed places": (
        "update {} set numero = case id when 7 then 'LOT-8' else 'LOT-7' end where id in (7, 8)",
        [(CHANGED, "id=7", ("numero",)), (CHANGED, "id=8", ("numero",))],
    ),
    "a boolean flipped": (
        "update {} set libre = not libre where id = 7",
        [(CHANGED, "id=7", ("libre",))],
    ),
    "a null that is empty": (
        "update {} set numero = '' where id = 7",
        [(CHANGED, "id=7", ("numero",))],
    ),
    "a document": (
        """update {} set fiche = '{{"a": 3, "b": 1}}' where id = 7""",
        [(CHANGED, "id=7", ("fiche",))],
    ),
    "a moment shifted by an hour": (
        "update {} set updated_at = updated_at + interval '1 hour' where id = 7",
        [(CHANGED, "id=7", ("updated_at",))],
    ),
    "a moment shifted to another month": (
        "update {} set updated_at = updated_at + interval '2 months' where id = 7",
        [(CHANGED, "id=7", ("updated_at",))],
    ),
    "a key changed": ("update {} set id = 1007 where id = 7", [(REKEYED, "id=7", ())]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_named(landed: Depot, name: str) -> None:
    statement, expected = FAULTS[name]
    landed.house.call_sql(statement.format(*["raw_sigeti.lots"] * 2))
    checked = compared(landed, lots())
    assert told(checked) == expected
    assert checked.faults == len(expected) and not checked.is_equal
    assert {period.name[:2] for period in checked.periods} == {"20"}


def test_a_day_that_is_missing_and_a_row_that_is_there_twice(depot: Depot) -> None:
    one = filled(depot, lots())
    depot.house.call_sql("delete from raw_sigeti.lots where id between 31 and 33")
    checked = compared(depot, one)
    assert told(checked) == [(LOST, f"id={n}", ()) for n in (31, 32, 33)]
    depot.house.call_sql(
        "drop index raw_sigeti.lots__key",
        "insert into raw_sigeti.lots select * from raw_sigeti.lots where id = 40",
    )
    assert (DOUBLED, "id=40", ()) in told(compared(depot, one))


def test_what_the_source_did_since_is_no_fault_of_ours(depot: Depot) -> None:
    one = filled(depot, lots())
    depot.source.execute(
        "update lots set prix = 0, updated_at = '2027-01-01' where id = 9",
        "update lots set prix = 0 where id = 10",
        "delete from lots where id = 11",
        "insert into lots (id, updated_at) values (500, '2027-01-02'), (501, null),"
        " (502, '2024-01-01')",
    )
    checked = compared(depot, one)
    assert sorted(told(checked)) == sorted(
        [
            (NOT_YET, "id=9", ("prix", "updated_at")),
            (NOT_YET, "id=500", ()),
            (FULL_LOAD, "id=10", ("prix",)),
            (FULL_LOAD, "id=501", ()),
            (FULL_LOAD, "id=502", ()),
            (GONE, "id=11", ()),
        ]
    )
    assert checked.is_equal
    strict = compared(depot, one, strict=True)
    assert strict.faults == 6 and not strict.is_equal
    assert depot.land(one, force_full=True)["lots"].failure is None
    assert told(compared(depot, one, strict=True)) == []


def test_rejects_are_accounted_for_and_missed_when_they_are_gone(depot: Depot) -> None:
    depot.source.execute(
        LOTS,
        ROWS,
        "insert into lots select * from lots where id = 5",
        "insert into lots (id, prix, updated_at) values (6, 1, '2025-01-02'),"
        " (null, 2, '2025-02-02')",
    )
    one = lots()
    assert depot.land(one)["lots"].counts.rejected == 3
    checked = compared(depot, one, strict=True)
    assert told(checked) == [] and checked.is_equal
    assert (checked.expected, checked.found, checked.rejected) == (403, 400, 3)
    for key in (5, 6):
        depot.house.call_sql(f"delete from etl.rejects where raw_text::jsonb ->> 'id' = '{key}'")
    assert told(compared(depot, one)) == [(UNNOTED, "id=5", ()), (UNNOTED, "id=6", ())]
    depot.house.call_sql("delete from etl.rejects")
    assert [key for _, key, _ in told(compared(depot, one))] == ["id=5", "id=6", "id=None"]


def test_a_table_without_a_key_is_compared_by_its_content(depot: Depot) -> None:
    depot.source.execute(LOTS, ROWS)
    one = table("lots", primary_key=["_row_hash"])
    depot.land(one)
    assert compared(depot, one, strict=True).is_equal
    depot.house.call_sql("update raw_sigeti.lots set prix = prix + 0.01 where id = 7")
    row_hash = depot.raw("_row_hash", "lots where id = 7")[0][0]
    checked = compared(depot, one)
    assert told(checked) == [(CHANGED, f"_row_hash={row_hash}", ("prix",))]
    assert checked.periods[0].name.startswith("bucket ")


def test_personal_values_are_compared_and_never_told(depot: Depot) -> None:
    depot.source.execute(
        "create table gens (id text, mail text, tel text)",
        "insert into gens select 'P' || i, 'm' || i, 't' || i from generate_series(1, 9) as i",
    )
    one = table("gens", pii={"id": "pseudonymise", "mail": "pseudonymise", "tel": "drop"})
    depot.land(one)
    assert compared(depot, one, strict=True).is_equal
    depot.house.call_sql(
        "update raw_sigeti.gens set mail = mail || 'x'"
        " where id = (select min(id) from raw_sigeti.gens)"
    )
    assert told(compared(depot, one)) == [(CHANGED, "id=(personal)", ("mail",))]


def test_what_cannot_be_compared_says_why(depot: Depot) -> None:
    depot.source.execute(LOTS)
    assert compared(depot, lots()).failure == ("has not been landed yet; run `entrepot run` first")
    one = filled_again(depot)
    depot.source.execute("alter table lots drop column updated_at")
    assert "has no column 'updated_at'" in str(compared(depot, one).failure)


def filled_again(depot: Depot) -> Table:
    depot.source.execute(ROWS)
    depot.land(lots())
    return lots()


def test_a_new_column_is_told_and_the_others_are_compared(depot: Depot) -> None:
    one = filled(depot, lots())
    depot.source.execute("alter table lots add column ilot text default 'A'")
    depot.house.call_sql("update raw_sigeti.lots set prix = 0 where id = 7")
    checked = compared(depot, one)
    assert "column ilot is new at the source and lands with the next load" in checked.notes
    assert told(checked)[0][1:] == ("id=7", ("prix",))


def test_a_day_that_python_does_not_have(depot: Depot) -> None:
    depot.source.execute(
        "create table t (id integer, jour date, vu timestamptz)",
        "insert into t select i, date '20000-01-01', '20000-01-01' from generate_series(1, 3) as i",
    )
    one = table("t", primary_key=["id", "jour"], cursor="vu", lookback="1d")
    assert depot.land(one)["t"].failure is None
    assert compared(depot, one, strict=True).is_equal
    depot.house.call_sql("delete from raw_sigeti.t where id = 2")
    assert told(compared(depot, one)) == [(LOST, "id=2, jour=20000-01-01", ())]


def test_after_a_run_the_rows_of_its_tables_are_counted(depot: Depot) -> None:
    """In the table that a declaration names, whatever it is called there."""
    depot.source.execute(LOTS, ROWS)
    one = replace(lots(), identifier="lots_2")
    assert depot.land(one)["lots"].failure is None
    (run_id,) = depot.house.rows("select max(run_id) from etl.run_log where step = 'load'")[0]
    for lost in (0, 1):
        depot.house.call_sql(f"delete from raw_sigeti.lots_2 where id <= {lost}")
        (counted,) = after_run.validate(depot.house.warehouse, run_id, [one])
        assert (counted.expected, counted.found) == (400, 400 - lost)


def test_an_audit_names_keys_and_no_value(depot: Depot) -> None:
    asked = {
        "a": "select cast('secret' as integer) as k",
        "b": "select cast(4711 as smallint) + cast('70000' as smallint) as k",
        "c": f"select '{'0f' * 32}' as auteur, '{'0f' * 32}' as _file_id, null as n, 7 as id",
    }
    opened = connect(depot.house.warehouse, role=TRANSFORMER_ROLE)
    found = [run_audit(opened, Audit("sigeti", "m", name, query)) for name, query in asked.items()]
    opened.close()
    assert [one.failure for one in found] == [
        "invalid input syntax for type integer",
        'value "…" is out of range for type smallint',
        None,
    ]
    (named,) = found[2].differences
    assert named.key == f"auteur=(personal), _file_id={'0f' * 32}, id=7"


MYSQL = (
    "create table t (id int unsigned primary key, grand bigint unsigned, exact decimal(38,10),"
    " large decimal(65,30), d double, jour date, moment datetime(6), vu timestamp(3) null,"
    " duree time(6), oui bit(1), e enum('a','é'), brut varbinary(8), fiche json)",
    "insert into t values (4294967295, 18446744073709551615, 1.5, 2.25, 0.1, '9999-12-31',"
    " '1000-01-01 00:00:00.000001', '2024-03-31 01:02:03.004', '-100:00:01.5', 1, 'é',"
    """ x'00ff27', '{"b": 1}')""",
    "insert into t (id, duree) values (2, '11:30:00')",
    "insert into t (id, jour) values (3, '0000-00-00')",
)


def test_mysql_types_and_a_day_that_is_none(depot: Depot, source: MariaDb) -> None:
    source.execute(*MYSQL)
    one = table("t")
    assert depot.land(one, url=source.url())["t"].counts.rejected == 1
    checked = compared(depot, one, strict=True, url=source.url())
    assert told(checked) == [] and checked.is_equal
    assert (checked.expected, checked.found, checked.rejected) == (3, 2, 1)
    for column, other in (
        *(("jour", "date '2024-01-01'"), ("duree", "duree + interval '1 hour'")),
        *(("exact", "exact + 0.01"), ("e", "'e'"), ("oui", "not oui"), ("brut", "'\\x00ff28'")),
    ):
        depot.house.call_sql(
            "create table kept as table raw_sigeti.t",
            f"update raw_sigeti.t set {column} = {other} where id = 4294967295",
        )
        found = compared(depot, one, url=source.url())
        assert told(found) == [(CHANGED, "id=4294967295", (column,))]
        depot.house.call_sql(
            "truncate raw_sigeti.t", "insert into raw_sigeti.t table kept", "drop table kept"
        )
    depot.house.call_sql("delete from etl.rejects")
    (lost,) = compared(depot, one, url=source.url()).differences
    assert (lost.heading, lost.key[:9]) == (UNNOTED, "row hash ")


def test_odbc_arrays_and_hyphens(depot: Depot) -> None:
    depot.source.execute(
        'create schema "PUB"',
        'create table "PUB".produit ("cod-pro" integer primary key, "gencod-v" varchar(14),'
        " px numeric(14,4), dat_mod date, heure time, zta varchar(60), note text)",
        """insert into "PUB".produit
           select i, repeat('3', 1 + i % 3), i * 1.2345, date '2025-01-01' + i % 90,
               time '10:11:12', 'a;' || i || ';OE;;', repeat('n', i % 7)
           from generate_series(1, 500) as i""",
    )
    one = table(
        "produit",
        **{"from": "PUB.produit", "primary_key": ["cod-pro"], "extents": {"zta": 5}},
        **{"cursor": "dat_mod", "cursor_precision": "date", "lookback": "1d"},
    )
    address = odbc_url(depot.source.name)
    assert depot.land(one, url=address)["produit"].counts.inserted == 500
    assert compared(depot, one, strict=True, url=address).is_equal
    depot.house.call_sql(
        "update raw_sigeti.produit set zta_2 = 'x', heure = '10:11:13' where cod_pro = 7",
        "update raw_sigeti.produit set gencod_v = '0' || gencod_v where cod_pro = 8",
    )
    assert told(compared(depot, one, url=address)) == [
        (CHANGED, "cod_pro=7", ("heure", "zta_2")),
        (CHANGED, "cod_pro=8", ("gencod_v",)),
    ]


def test_more_rows_than_are_looked_at_are_counted(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = filled(depot, lots())
    monkeypatch.setattr(rows, "MOST", 5)
    depot.house.call_sql(
        "update raw_sigeti.lots set prix = 0 where id <= 30",
        "delete from raw_sigeti.lots where id between 31 and 40",
    )
    checked = compared(depot, one)
    assert checked.faults == 40
    assert checked.counts[CHANGED] + checked.counts[LOST] == 40
    assert sum(one.key.startswith("id=") for one in checked.differences) == 5
    assert checked.notes == [
        "35 more rows differ than are looked at one by one; they count as lost"
    ]


def test_an_erased_person_is_named_no_more(depot: Depot) -> None:
    details = ("id=7: mail", "id=7, jour=2025-01-01", "id=77: mail", "n=7", "id=17")
    depot.house.call_sql("delete from etl.validation")
    for number, detail in enumerate(details):
        depot.house.call_sql(
            "insert into etl.validation (validation_id, source, table_name, check_name, is_equal,"
            f" detail, checked_at) values ('{number}', 'sigeti', 't', 'c', false, '{detail}',"
            " now())"
        )
    search = Search(Person("sigeti", "client", "7", ()), ())
    with depot.house.cursor() as cursor:
        assert sum(in_control(cursor, search, []).values()) == 3
        clean_control(cursor, search, [])
        assert sum(in_control(cursor, search, []).values()) == 0
    left = depot.house.rows("select detail from etl.validation order by validation_id")
    assert [detail for (detail,) in left] == [ERASED, ERASED, "id=77: mail", ERASED, "id=17"]
