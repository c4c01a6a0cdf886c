"""Orders, boxes and mart are what the order system says, day after day, by whatever builds.

The calculation in plain Python is tests/support/commandes.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from demo import commandes
from tests.support.checksums import checksums, differences, row_versions
from tests.support.commandes import calculated, commandes_database, differences_from, source_rows
from tests.support.examples import silent_examples
from tests.support.house import Done, House
from tests.support.mariadb import mariadb

pytestmark = pytest.mark.e2e

# Within the days of delivery of the demo: some orders are late, others not yet.
TODAY = (commandes.BASE_DATE + timedelta(days=9)).date()
ON_THAT_DAY = ("--vars", f"{{date_du_jour: {TODAY}}}")
DERIVED = r"^dwh_(facts|marts)$"
ORDERS = "dwh_facts.fait_commandes_volets_roulants"


@pytest.fixture(scope="module")
def source(make_house: Callable[..., House]) -> Iterator[tuple[House, str]]:
    """A house, and the order system that it reads."""
    with commandes_database("commandes_source") as url:
        house = make_house("commandes_orders")
        house.variables |= {"COMMANDES_URL": url, "ENTREPOT_PII_KEY": "a key for the tests"}
        yield house, url
        house.demolish()


def land(house: House, *, full: bool = False) -> Done:
    return house.ingest("--select", "commandes", "--mode", "full" if full else "incremental")


def build(house: House, *, full_refresh: bool = False, tested: bool = False) -> Done:
    left_out = ["unit_test", *([] if tested else ["test"])]
    return house.dbt(
        *("build", "--warn-error", "--select", "source:commandes+"),
        # The views of an empty house are those of a full one.
        *("--exclude", "path:models/staging", "path:models/monitoring"),
        *ON_THAT_DAY,
        *(part for kind in left_out for part in ("--exclude-resource-type", kind)),
        *(["--full-refresh"] if full_refresh else []),
    )


def pass_days(url: str, day: int) -> None:
    with closing(commandes.connect(url)) as opened:
        commandes.advance(opened, day)


def test_of_47_headers_36_orders_are_made(source: tuple[House, str]) -> None:
    house, url = source
    land(house)
    build(house)
    rows = source_rows(url)
    assert differences_from(house, rows, TODAY) == []
    by_status = dict(house.rows(f"select status, count(*) from {ORDERS} group by 1"))
    assert by_status == {"cde Planifiee": 23, "lancer en prod": 7, "vitrage": 6}
    # Every trap is there, and met.
    assert house.value(f"select count(*) from {ORDERS} where nb_entetes = 2") == 2
    assert house.value(f"select count(*) from {ORDERS} where nb_coffres > 1") >= 5
    codes = Counter(row["ZCode"] for row in rows["P_Zubeh"])
    notes = Counter(row["Notiz"] for row in rows["A_Logbuch"])
    assert codes["SOP_TEST"] and codes["S TABLIER 55"]
    assert all(notes[f"cde Planifi{e}e"] for e in ("e", "é", "Ã©"))
    assert notes["cde Planifiee - en attente"]
    boxes = {
        code for (code,) in house.rows("select code_coffre from dwh_facts.fait_commandes_coffres")
    }
    assert not boxes & {"SOP_TEST", "S TABLIER 55"}
    assert silent_examples(house, "atelier/commandes__*.sql", *ON_THAT_DAY) == []


def test_days_pass_and_increments_equal_a_full_refresh(
    source: tuple[House, str], pytestconfig: pytest.Config
) -> None:
    house, url = source
    looks = (1, 2, 4, 7) if pytestconfig.getoption("--long") else (4,)
    before = set(calculated(source_rows(url), TODAY)[ORDERS])
    for day in looks:
        pass_days(url, day)
        # What was put right or taken back in the log is seen by a full load.
        land(house, full=True)
        build(house)
        rows = source_rows(url)
        assert differences_from(house, rows, TODAY) == [], f"day {day}"
    after = set(calculated(rows, TODAY)[ORDERS])
    assert before - after and after - before, "no order came or went: the days show nothing"
    sums, versions = checksums(house, schemas=DERIVED), row_versions(house, DERIVED)
    land(house, full=True)
    build(house, tested=True)
    assert not differences(versions, row_versions(house, DERIVED)), "rewritten by a rerun"
    build(house, full_refresh=True)
    assert not differences(sums, checksums(house, schemas=DERIVED))


def test_what_an_increment_of_the_log_brings_is_used(source: tuple[House, str]) -> None:
    """Only the log has a cursor: the other tables are read whole, and show what is gone."""
    house, url = source
    with closing(commandes.connect(url)) as opened, opened, opened.cursor() as cursor:
        cursor.execute(
            'select "ID" from "A_Kopf" where "AufStatus" = %s order by "ID" limit 1', ("En cours",)
        )
        (order,) = cursor.fetchone()
        cursor.execute(
            'update "A_Kopf" set "AufStatus" = %s, "AuNummer" = 1 where "ID" = %s',
            ("Lancer en prod", order),
        )
        cursor.execute(
            'insert into "P_Zubeh" ("ID_A_Kopf", "Position", "Kennung", "ZNr", "ZCode", "Stueck") '
            "values (%s, 1, 'Z', '99', 's tab 999', 2)",
            (order,),
        )
        cursor.execute(
            'insert into "A_Logbuch" ("ID", "ID_A_Kopf", "Datum", "Zeit", "Notiz") '
            "values ('NEW', %s, %s, '09:00:00', 'CDE PLANIFIÉE !')",
            (order, commandes.BASE_DATE.date() + timedelta(days=8)),
        )
    land(house)
    build(house)
    found = house.rows(
        f"select id_commande, status, coffre, date_modification::text from {ORDERS} "
        "where numero_commande = 1"
    )
    assert found == [(order, "lancer en prod", "S TAB 999", "2025-11-23 09:00:00")]


def test_faults_are_named_and_cost_no_other_order(source: tuple[House, str]) -> None:
    house, url = source
    with closing(commandes.connect(url)) as opened:
        commandes.spoil(opened)
    land(house, full=True)
    build(house)
    assert differences_from(house, source_rows(url), TODAY) == []
    said = set(
        house.rows("select table_name, reason from etl.vw_rejects where source_name = 'commandes'")
    )
    assert said == {
        ("a_kopf", "missing au_alpha"),
        ("a_kopf", "unreadable auf_status"),
        ("a_kopffreie", "unreadable feld2"),
        ("a_kopffreie", "unreadable feld3"),
        ("a_kopffreie", "unreadable feld5"),
        ("a_logbuch", "unreadable notiz"),
        ("a_logbuch", "datum outside the calendar"),
    }


@pytest.mark.long
def test_a_status_that_nobody_knows_warns(source: tuple[House, str]) -> None:
    house, url = source
    with closing(commandes.connect(url)) as opened:
        commandes.spoil(opened)
    land(house, full=True)
    warned = house.dbt(
        *("test", "--warn-error", "--select", "commandes_values_are_known"),
        *ON_THAT_DAY,
        codes=(1,),
    )
    assert "commandes_values_are_known" in warned.said


def test_the_same_comes_from_mysql(source: tuple[House, str], empty_house: House) -> None:
    """The system itself runs on MySQL: its reader lands what the calculation reads there."""
    house, _ = source
    house.reset(empty_house)
    with mariadb() as server:
        server.execute(
            "create user maker@'%' identified by 'm'",
            "grant all on source.* to maker@'%'",
            database="",
        )
        url = server.url(user="maker", password="m")
        with closing(commandes.connect(url)) as opened:
            commandes.create(opened)
            commandes.advance(opened, 2)
        house.ingest("--select", "commandes", "--mode", "full", COMMANDES_URL=server.url())
        build(house)
        assert differences_from(house, source_rows(url), TODAY) == []
