"""What goes wrong at the ERP is said in a line that names the table, and the other tables land."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg2
import pytest

from ingest import server
from tests.support.erp import erp_database
from tests.support.house import House
from tests.support.odbc import gate_to, odbc_url

pytestmark = pytest.mark.e2e

SIX = {"client", "fournis", "hisprixa", "lignecli", "produit", "tabgco"}


@pytest.fixture(scope="module")
def erp_url(house: House) -> Iterator[str]:
    with erp_database("erp_failures", scale=0.003) as url:
        yield url


def run(house: House, url: str, *arguments: str, code: int = 1, **variables: str) -> str:
    """A run over the ERP; what it said on standard error."""
    house.variables |= {"ERP_URL": url, "ENTREPOT_PII_KEY": "k", **variables}
    done = house.ingest("--select", "erp", *arguments, codes=(code,))
    assert "Traceback" not in done.said
    return done.said


def landed(house: House) -> set[str]:
    return {table for table in SIX if house.value(f"select count(*) from raw_erp.{table}")}


def database(url: str) -> str:
    return urlsplit(url).path.strip("/")


def test_a_wrong_password_names_the_tables_that_were_not_read(house: House, erp_url: str) -> None:
    said = run(house, odbc_url(database(erp_url), password=False), ERP_PASSWORD="wrong")
    assert "ERP_URL: " in said and "password authentication failed" in said
    assert "not read: erp.client" in said and "and 2 more" in said
    assert "wrong" not in said


def test_a_setting_that_makes_no_sense_stops_before_anything_is_read(
    house: House, erp_url: str
) -> None:
    said = run(house, odbc_url(database(erp_url)), code=2, ERP_TIMEOUT="soon")
    assert "ERP_TIMEOUT: 'soon' is not a number of seconds" in said


def test_a_vanished_table_fails_alone(house: House, erp_url: str) -> None:
    opened = psycopg2.connect(erp_url)
    opened.autocommit = True
    with opened.cursor() as cursor:
        cursor.execute('alter table "PUB".fournis rename to parti')
        said = run(
            house,
            odbc_url(database(erp_url)),
            "--continue-on-error",
            ERP_PASSWORD="",
            ERP_TIMEOUT="",
        )
        assert "erp.fournis: PUB.fournis: ERP_URL has no such table" in said
        assert landed(house) == SIX - {"fournis"}
        cursor.execute('alter table "PUB".parti rename to fournis')
    opened.close()
    run(house, odbc_url(database(erp_url)), code=0)
    assert landed(house) == SIX


def test_a_source_that_stops_in_the_middle_leaves_every_image_whole(
    house: House, erp_url: str
) -> None:
    run(house, odbc_url(database(erp_url)), code=0)
    before = {t: house.rows(f"select * from raw_erp.{t} order by _row_hash") for t in SIX}
    with gate_to(server.admin().port) as gate:
        gate.shuts_after = 1_000_000
        said = run(
            house,
            odbc_url(database(erp_url), port=gate.port),
            *("--mode", "full"),
            ERP_TIMEOUT="3",
        )
    assert "no answer from the source for 3 s" in said and "ERP" in said
    after = {t: house.rows(f"select * from raw_erp.{t} order by _row_hash") for t in SIX}
    assert after == before
    failed = house.rows(
        "select distinct table_name from etl.run_log where status = 'failed' and step = 'load'"
        " and error like '%no answer%'"
    )
    assert failed, "the table that was being read is named"
