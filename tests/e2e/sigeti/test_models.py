"""The models of SIGETI on the demo's own database, while days pass in it."""

from __future__ import annotations

import pytest

from ingest import server
from ingest.warehouse import connect
from tests.e2e.sigeti.conftest import TODAY, SigetiHouse
from tests.support.checksums import checksums, differences, row_versions
from tests.support.examples import silent_examples

pytestmark = pytest.mark.e2e

MODELLED = r"^(ods|dwh_dimensions|dwh_facts|dwh_marts)$"
# Not even rewritten as they were; dimensions are made anew, being small.
UNTOUCHED = r"^(raw_sigeti|ods|dwh_facts|dwh_marts)$"


def test_the_reader_is_answered(sigeti_house: SigetiHouse) -> None:
    opened = connect(server.reader(sigeti_house.house.name), autocommit=True)
    with opened.cursor() as cursor:
        cursor.execute("select count(*), max(created_at) from dwh_facts.fait_attributions")
        assert cursor.fetchone()[0] == 23
    opened.close()
    assert silent_examples(sigeti_house.house, "sigeti/*.sql", *TODAY) == []


def test_a_build_with_nothing_new_writes_no_row(sigeti_house: SigetiHouse) -> None:
    house = sigeti_house.house
    before = checksums(house, everything=True, schemas=MODELLED)
    versions = row_versions(house, UNTOUCHED)
    sigeti_house.ingest()
    sigeti_house.build()
    assert differences(before, checksums(house, everything=True, schemas=MODELLED)) == {}
    assert differences(versions, row_versions(house, UNTOUCHED)) == {}


@pytest.mark.long  # test_marts.py says the same of every fact and mart, on other days
def test_increments_equal_a_full_refresh_and_keep_what_did_not_change(
    sigeti_house: SigetiHouse,
) -> None:
    """Days with inserts, updates, deletes, late commits and late payments, landed by turns."""
    house = sigeti_house.house
    made = dict(house.rows("select id_facture, created_at from dwh_facts.fait_factures"))
    first = dict(house.rows("select id_demande, created_at from dwh_facts.fait_attributions"))
    for mode in ("incremental", "full"):
        sigeti_house.pass_days(2)
        sigeti_house.ingest("--mode", mode)
        sigeti_house.build()
    kept = dict(house.rows("select id_facture, created_at from dwh_facts.fait_factures"))
    assert len(kept) > len(made)
    assert all(kept[key] == moment for key, moment in made.items() if key in kept)
    still = dict(house.rows("select id_demande, created_at from dwh_facts.fait_attributions"))
    assert all(still[key] == moment for key, moment in first.items())
    # Something was deleted for good, something updated: the days are not only inserts.
    assert house.value(
        "select count(*) from ods.snap_sigeti__paiements where dbt_valid_to is not null"
    )
    incremental = checksums(house, schemas=MODELLED)
    sigeti_house.build("--full-refresh")
    assert differences(incremental, checksums(house, schemas=MODELLED)) == {}
    refreshed = house.value("select min(created_at) from dwh_facts.fait_factures")
    assert refreshed > max(kept.values())


def test_history_has_the_source_as_its_current_rows(sigeti_house: SigetiHouse) -> None:
    house = sigeti_house.house
    for table, entity in house.rows(
        """
        select replace(relname, 'snap_sigeti__', ''), relname from pg_class
        where relname like 'snap\\_sigeti\\_\\_%' and relkind = 'r'
        """
    ):
        raw = {
            "demande_lots": "demande_attribution_lots",
            "paiements": "paiement_factures",
        }.get(table, table)
        current = f"select id, _row_hash from ods.{entity} where dbt_valid_to is null"
        image = f"select id, _row_hash from raw_sigeti.{raw}"
        assert house.rows(f"({current} except {image}) union all ({image} except {current})") == []
        assert house.value(f"select count(*) from ods.{entity}") > 0


def test_an_empty_image_closes_no_history(sigeti_house: SigetiHouse) -> None:
    house = sigeti_house.house
    current = "select count(*) from ods.snap_sigeti__tarifs where dbt_valid_to is null"
    before = house.value(current)
    assert before
    house.call_sql(
        "create table public.kept as table raw_sigeti.tarifs", "delete from raw_sigeti.tarifs"
    )
    refused = sigeti_house.dbt("snapshot", "--select", "snap_sigeti__tarifs", codes=(1,))
    assert "tarifs is empty, and its history is not" in refused.said
    assert house.value(current) == before
    house.call_sql("insert into raw_sigeti.tarifs table public.kept", "drop table public.kept")
    sigeti_house.dbt("snapshot", "--select", "snap_sigeti__tarifs")
    assert house.value(current) == before


def test_two_current_rows_of_one_key_are_impossible(sigeti_house: SigetiHouse) -> None:
    indexes = sigeti_house.house.value(
        """
        select count(*) from pg_indexes
        where schemaname = 'ods' and indexdef like 'CREATE UNIQUE INDEX%(id)%dbt_valid_to IS NULL%'
        """
    )
    snapshots = sigeti_house.house.value(
        "select count(*) from pg_tables where schemaname = 'ods' and tablename like 'snap_sigeti%'"
    )
    assert indexes == snapshots == 16
