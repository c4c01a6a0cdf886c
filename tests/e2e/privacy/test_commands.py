"""`entrepot erase` and `entrepot purge` as a person types them, over a warehouse that is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ingest.catalog import load_catalog
from tests.conftest import HOME
from tests.support.erp import erp_database
from tests.support.house import House
from tests.support.personal import files_that_tell, mark, tables_that_tell

pytestmark = pytest.mark.e2e

SELECTION = ("source:erp+", "path:seeds")
BUILD = ("build", "--exclude-resource-type", "unit_test", "--select", *SELECTION)
# A customer of whom there are several lines.
CUSTOMER = """
select cod_cli from raw_erp.lignecli where cod_cli in (select cod_cli from raw_erp.client)
group by cod_cli order by count(*) desc, cod_cli limit 1
"""
TOTALS = """
select count(*), sum(montant_ht), sum(quantite_commandee) from dwh_facts.fait_lignes_commande
"""


@pytest.fixture(scope="module")
def house(make_house: Callable[..., House]) -> Iterator[House]:
    """The ERP, its personal values marked, landed and built."""
    with erp_database("erase_erp_source", scale=0.003) as url:
        mark(url, [t for t in load_catalog().tables if t.connections[:1] == ("ERP_URL",) and t.pii])
        made = make_house("erase_erp")
        made.variables |= {"ERP_URL": url, "ENTREPOT_PII_KEY": "a key for the tests"}
        made.ingest("--select", "erp")
        made.dbt(*BUILD)
        yield made
        made.demolish()


def fits(said: str) -> bool:
    return all(len(line) <= 80 for line in said.splitlines())


def test_the_built_warehouse_has_no_personal_value_in_clear(house: House) -> None:
    assert house.value("select count(*) from dwh_dimensions.dim_client") > 1
    assert tables_that_tell(house) == []
    assert files_that_tell(house.folder, HOME / "state" / "runs") == []


def test_a_request_that_means_nobody_is_refused_in_a_line(house: House) -> None:
    for arguments, said in (
        (("--subject", "999999", "--source", "erp"), "nobody is known by that key"),
        (("--subject", "1", "--source", "nobody"), "it declares no `subject`"),
        (("--subject", "client:"), "--subject is empty"),
    ):
        done = house.entrepot("erase", *arguments, codes=(2,))
        assert said in done.err and len(done.err.strip().splitlines()) == 1, done.said
    done = house.entrepot("erase", "--subject", "1", codes=(2,), ENTREPOT_PII_KEY="")
    assert "set ENTREPOT_PII_KEY" in done.err


def test_a_customer_is_erased_everywhere_and_for_good(house: House) -> None:
    customer = str(house.value(CUSTOMER))
    name = house.value("select trim(nom_cli) from raw_erp.client where cod_cli = %s", [customer])
    totals = house.rows(TOTALS)
    # Keys of failed tests: two of the customer's, one of another's.
    house.call_sql(
        "insert into etl.test_failures"
        " (invocation_id, run_id, test, place, status, failed_at, key) values"
        f" ('i', 'r', 't', 1, 'fail', now(), '{{\"code_client\": \"{customer}\"}}'),"
        f" ('i', 'r', 't', 2, 'fail', now(), '{{\"cle\": \"x\", \"valeur\": {customer}}}'),"
        f" ('i', 'r', 't', 3, 'fail', now(), '{{\"id_facture\": \"{customer}\"}}')"
    )
    (house.folder / "logs" / "note.txt").write_text(f"{name} called\nanother line\n")
    # A word of the person in a place that this once cannot be written to.
    house.call_sql(
        "insert into etl.alerts (alert_id, kind, severity, message, first_seen_at, last_seen_at)"
        f" values ('a', 'k', 'warn', '{name} called', now(), now())",
        "create rule kept as on update to etl.alerts do instead nothing",
    )
    count = house.entrepot("erase", "--subject", customer, "--dry-run")
    assert "nothing was erased" in count.out and fits(count.out)
    assert house.value("select count(*) from etl.erased_subjects") == 0

    done = house.entrepot("erase", "--subject", f"client:{customer}", "--source", "erp", codes=(1,))
    assert "1 rows or files still hold erp.client" in done.err
    assert fits(done.out), done.out
    proof = {
        words[0]: (words[-2], words[-1])
        for words in (line.split() for line in done.out.splitlines())
        if len(words) == 3 and words[-1].isdigit()
    }
    assert (proof.pop("etl.alerts"), proof.pop("total")[1]) == (("1", "1"), "1")
    held = ("raw_erp.client", "raw_erp.lignecli", "ods.snap_erp__client", "ods.snap_erp__lignecli",
            "dwh_dimensions.dim_client", "dwh_facts.fait_lignes_commande")  # fmt: skip
    assert all(int(proof[place][0]) > 0 for place in held), done.out
    assert {after for _, after in proof.values()} == {"0"}, done.out
    assert proof["etl.test_failures"] == ("2", "0")
    assert house.rows("select place from etl.test_failures") == [(3,)]
    for place in held:
        column = "code_client" if place.startswith("dwh") else "cod_cli"
        left = f"select count(*) from {place} where {column}::text = %s"
        assert house.value(left, [customer]) == 0
    assert house.rows(TOTALS) == totals, "orders keep their amounts"

    # Run again it looks for the key alone: the rows that told the words are gone. A full load
    # meanwhile has brought nothing of the person back.
    house.call_sql("drop rule kept on etl.alerts")
    house.ingest("--select", "erp", "--mode", "full")
    house.dbt(*BUILD)
    again = house.entrepot("erase", "--subject", f"client:{customer}")
    assert "erp.client: erased, and kept from landing again" in again.out
    total = [line.split() for line in again.out.splitlines() if line.startswith("total")]
    assert total == [["total", "0", "0"]], again.out
    log = house.rows("select status from etl.run_log where step = 'erase' order by logged_at")
    assert log == [("failed",), ("ok",)]


def test_purge_says_what_it_would_do_and_does_it(house: House) -> None:
    none = house.entrepot("purge", "--source", "erp")
    assert "No table declares a `retention`" in none.out
    for arguments, said in (
        (("--source", "nobody"), "no such source is listed"),
        (("--table", "nothing"), "has no such table"),
        (("--today", "soon"), "it is not a day"),
    ):
        assert said in house.entrepot("purge", *arguments, codes=(2,)).err
    count = house.entrepot("purge", "--dry-run", "--today", "2026-11-20")
    assert "a_logbuch" in count.out and "2024-11-20" in count.out and fits(count.out), count.out
    done = house.entrepot("purge", "--table", "commandes.a_logbuch")
    assert fits(done.out) and "nothing" in done.out


def test_a_setting_that_is_wrong_is_told_before_a_row_goes(house: House) -> None:
    """The archive is looked for when the rows have gone: then it would be too late to refuse."""
    rows = "select count(*) from raw_commandes.a_logbuch"
    house.call_sql(
        "insert into raw_commandes.a_logbuch (id, datum, _row_hash, _run_id)"
        " values ('1', '2020-01-01', 'h', 'r')"
    )
    done = house.entrepot(
        *("purge", "--today", "2099-01-01"), codes=(2,), ATELIER_ARCHIVE="~nobody-here/kept"
    )
    assert "ATELIER_ARCHIVE: ~nobody-here/kept is in nobody's home folder" in done.err
    assert done.err.count("\n") == 1
    assert house.value(rows) == 1
    house.entrepot("purge", "--today", "2099-01-01")
    assert house.value(rows) == 0, "it would have gone"
