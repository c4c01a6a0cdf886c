"""The history of the ERP and the names that its users query today, while days pass in the demo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from demo import erp
from tests.support.checksums import differences, row_versions
from tests.support.erp import erp_database
from tests.support.house import Done, House

pytestmark = pytest.mark.e2e

HISTORY = ("path:models/staging/erp", "path:snapshots/_erp__snapshots.yml")
# The name of today, the raw table, its key there.
TODAY = (
    ("client", "client", "cod_cli"),
    ("fournis", "fournis", "cod_fou"),
    ("produit", "produit", "cod_pro"),
    ("hisprixa", "hisprixa", "cod_fou, cod_pro, dat_px, hr_mod"),
    ("ligneclient", "lignecli", "uniq_id"),
)


@dataclass
class ErpHouse:
    """A house, and the database that it reads."""

    house: House
    url: str
    day: int = 0

    def pass_days(self, count: int = 1) -> None:
        """Let days happen in the source."""
        self.day += count
        opened = erp.connect(self.url)
        erp.advance(opened, self.day)
        opened.close()

    def ingest(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Done:
        return self.house.ingest("--select", "erp", *arguments, codes=codes)

    def build(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Done:
        """Build the history and the views over it, with their data tests."""
        return self.house.dbt(
            *("build", "--exclude-resource-type", "unit_test", "--warn-error"),
            *("--select", *HISTORY),
            *arguments,
            codes=codes,
        )


@pytest.fixture(scope="module")
def erp_house(make_house: Callable[..., House]) -> Iterator[ErpHouse]:
    """The ERP as it stood on the base date, landed, with the first versions of its history."""
    with erp_database("erp_history_source") as url:
        house = make_house("erp_history")
        house.variables |= {
            "ERP_URL": url,
            "ERP_COMPLET_URL": "",
            "ENTREPOT_PII_KEY": "tests",
        }
        made = ErpHouse(house, url)
        made.build()  # an ERP that has brought nothing yet
        made.ingest()
        made.build()
        yield made
        house.demolish()


def _assert_today_is_the_image(house: House) -> None:
    for name, table, key in TODAY:
        current = f"select {key}, hashdiff from ods.{name}"
        image = f"select {key}, _row_hash from raw_erp.{table}"
        assert house.rows(f"({current} except {image}) union all ({image} except {current})") == []
        assert house.value(f"select count(*) from ods.{name}") == house.value(
            f"select count(*) from raw_erp.{table}"
        )


def test_the_names_of_today_are_the_current_rows(erp_house: ErpHouse) -> None:
    _assert_today_is_the_image(erp_house.house)
    for name, table, _ in TODAY:
        columns = "select column_name from information_schema.columns where table_schema = '{}'"
        raw = erp_house.house.rows(f"{columns.format('raw_erp')} and table_name = '{table}'")
        ods = erp_house.house.rows(f"{columns.format('ods')} and table_name = '{name}'")
        assert set(raw) | {("hashdiff",), ("ts_source",), ("load_ts",)} <= set(ods)


def test_the_tables_that_no_model_reads_exist_without_a_place(erp_house: ErpHouse) -> None:
    said = erp_house.ingest().err
    assert said.count("ERP_COMPLET_URL is empty") == 1
    assert erp_house.house.value("select count(*) from raw_erp.stock") == 0
    assert erp_house.house.value("select count(*) from raw_erp.focondi") == 0


def test_a_build_with_nothing_new_writes_no_row(erp_house: ErpHouse) -> None:
    house = erp_house.house
    versions = row_versions(house, r"^(raw_erp|ods)$")
    erp_house.ingest()
    erp_house.build()
    assert differences(versions, row_versions(house, r"^(raw_erp|ods)$")) == {}


def test_days_leave_versions_and_one_current_row_of_each_key(erp_house: ErpHouse) -> None:
    """Inserts, updates, lines that close, late commits and a column that comes on day 5."""
    house = erp_house.house
    oid = "select cast(cast('ods.client' as regclass) as oid)"
    view = house.value(oid)
    for mode, days in (("incremental", 1), ("full", 2), ("incremental", 2)):
        erp_house.pass_days(days)
        erp_house.ingest("--mode", mode)
        erp_house.build()
    assert erp_house.day == 5
    _assert_today_is_the_image(house)
    assert house.value(
        """
        select count(*) from ods.snap_erp__lignecli as gone
        where not exists (
            select 1 from ods.snap_erp__lignecli as held
            where held.uniq_id = gone.uniq_id and held.dbt_valid_to is null
        )
        """
    ), "lines were closed, and their history is kept"
    # A version ends when the next one begins; so no key has two versions at one moment.
    for _, table, keys in TODAY:
        snapshot = f"ods.snap_erp__{table}"
        key = "cle_prix" if table == "hisprixa" else keys
        overlapping = f"""
            select {key} from (
                select {key}, dbt_valid_to, lead(dbt_valid_from)
                    over (partition by {key} order by dbt_valid_from) as next_from
                from {snapshot}
            ) as versions
            where next_from < coalesce(dbt_valid_to, 'infinity')
        """
        assert house.rows(overlapping) == []
        assert house.value(f"select count(*) from {snapshot} where dbt_valid_to is not null")
    # The view follows the new column in its place: what others built on it is not dropped.
    assert house.value("select count(cod_lei) from ods.client") > 0
    assert house.value(oid) == view


def test_a_price_without_its_time_is_a_price_of_its_own(erp_house: ErpHouse) -> None:
    house = erp_house.house
    assert house.value("select count(*) from ods.hisprixa where hr_mod is null") > 0
    assert house.value(
        """
        select count(*) from ods.hisprixa as without_time
        inner join ods.hisprixa as with_time using (cod_fou, cod_pro, dat_px)
        where without_time.hr_mod is null and with_time.hr_mod is not null
        """
    )
    assert (
        house.value("select count(distinct cle_prix) from ods.hisprixa")
        == house.value("select count(*) from raw_erp.hisprixa")
        == house.value("select count(*) from dwh_staging.stg_erp__hisprixa")
    )


def test_an_empty_image_closes_no_history(erp_house: ErpHouse) -> None:
    """Of prices too, whose history reads a view of their image."""
    house = erp_house.house
    current = "select count(*) from ods.snap_erp__hisprixa where dbt_valid_to is null"
    before = house.value(current)
    assert before
    house.call_sql(
        "create table public.kept as table raw_erp.hisprixa", "delete from raw_erp.hisprixa"
    )
    refused = house.dbt("snapshot", "--select", "snap_erp__hisprixa", codes=(1,))
    assert "is empty, and its history is not" in refused.said
    assert house.value(current) == before
    house.call_sql("insert into raw_erp.hisprixa table public.kept", "drop table public.kept")


def test_two_current_rows_of_one_key_are_impossible(erp_house: ErpHouse) -> None:
    indexes = erp_house.house.value(
        """
        select count(*) from pg_indexes
        where
            schemaname = 'ods' and tablename like 'snap\\_erp\\_\\_%'
            and indexdef like 'CREATE UNIQUE INDEX%dbt_valid_to IS NULL%'
        """
    )
    assert indexes == len(TODAY)


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(erp_house: ErpHouse) -> None:
    """The last test: it spoils the source."""
    house = erp_house.house
    house.dbt("build", "--select", "+vw_rejects", "--exclude-resource-type", "unit_test")
    rejects = "select table_name, reason from etl.vw_rejects where source_name = 'erp'"
    assert house.rows(rejects) == []
    opened = erp.connect(erp_house.url)
    erp.spoil(opened)
    opened.close()
    erp_house.ingest(codes=(1,))
    staged = house.rows(rejects + " and step = 'staging' order by 1, 2")
    assert staged == [
        ("hisprixa", "unreadable px_ach_rq_1"),
        ("lignecli", "unreadable dat_liv"),
        ("lignecli", "unreadable gratuit"),
        ("produit", "unreadable consigne"),
        ("produit", "unreadable nom_pro"),
        ("produit", "unreadable poid_net"),
    ]
    for table in ("client", "produit", "hisprixa", "lignecli"):
        image = house.value(f"select count(*) from raw_erp.{table}")
        assert house.value(f"select count(*) from dwh_staging.stg_erp__{table}") == image
    landed = house.rows(rejects + " and step = 'landing' order by 1, 2")
    assert {reason for _, reason in landed} == {"null key", "duplicate key"}
