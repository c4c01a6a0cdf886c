"""What the tables of the ERP look like on day 0: widths, types, shares, codes and habits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from demo import erp
from demo.erp.codes import COUNTRIES, CUSTOMER_KINDS, PRODUCT_KINDS
from ingest.names import column_names
from tests.support.erp import erp_database

pytestmark = pytest.mark.e2e

# Columns in all, without any value, and with the same in every row (section 2.2 of the inventory;
# of hisprixa both packed arrays of quantities and prices are constant).
WIDTHS = {
    "client": (316, 50, 140),
    "fournis": (216, 32, 91),
    "produit": (613, 185, 288),
    "hisprixa": (48, 6, 2),
    "lignecli": (419, 75, 158),
    "tabgco": (12, 1, 3),
}
EXTENTS = {
    "client": {"adresse": 3, "zal": 5, "znu": 5, "zta": 5, "zda": 5},
    "fournis": {"adresse": 3},
    "produit": {"zal": 5, "znu": 5, "zta": 5, "zda": 5},
    "hisprixa": {"qte": 5, "px_ach": 5, "qte_rq": 10, "px_ach_rq": 10},
    "lignecli": {},
    "tabgco": {},
}
YES = {"1", "y", "yes", "true", "oui"}
NO = {"0", "n", "no", "false", "non"}
EMPTY = {"?", ".", "---", ""}


class Tables:
    """The tables of one database, asked by SQL."""

    def __init__(self, url: str):
        self.opened = psycopg2.connect(url, client_encoding="UTF8", options="-c timezone=UTC")

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        with self.opened.cursor() as cursor:
            cursor.execute(text)
            return list(cursor.fetchall())

    def one(self, text: str) -> Any:
        [(value,)] = self.rows(text)
        return value

    def columns(self, table: str) -> dict[str, str]:
        """Each column with its type."""
        return dict(
            self.rows(
                "select attname::text, format_type(atttypid, atttypmod) from pg_attribute "
                f"where attrelid = '\"PUB\".{table}'::regclass and attnum > 0 order by attnum"
            )
        )


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    with erp_database("erp_content") as url:
        found = Tables(url)
        yield found
        found.opened.close()


@pytest.mark.parametrize("table", erp.TABLES)
def test_tables_are_as_wide_as_the_real_ones(tables: Tables, table: str) -> None:
    columns = tables.columns(table)
    counts = ", ".join(
        f'count("{name}"), count(distinct "{name}"::text)' for name in columns
    )  # PostgreSQL has room for 1,664 of them
    [found] = tables.rows(f'select {counts} from "PUB".{table}')
    filled, different = found[0::2], found[1::2]
    whole = tables.one(f'select count(*) from "PUB".{table}')
    nothing = sum(count == 0 for count in filled)
    constant = sum(
        count == whole and values == 1 for count, values in zip(filled, different, strict=True)
    )
    assert (len(columns), nothing) == WIDTHS[table][:2]
    # A few hundred rows may all have the same by chance.
    assert WIDTHS[table][2] <= constant <= WIDTHS[table][2] + 6


@pytest.mark.parametrize("table", erp.TABLES)
def test_names_stay_apart_once_transliterated(tables: Tables, table: str) -> None:
    extents = EXTENTS[table]
    names = list(tables.columns(table))
    assert set(extents) <= set(names)
    numbered = [f"{name}_{i}" for name, count in extents.items() for i in range(1, count + 1)]
    assert len(column_names([*names, *numbered])) == len(names) + len(numbered)


def test_the_mix_of_types_is_that_of_the_real_customers(tables: Tables) -> None:
    kinds = Counter(type_.split("(")[0] for type_ in tables.columns("client").values())
    assert (kinds["boolean"], kinds["integer"], kinds["character varying"]) == (102, 77, 106)
    assert kinds["numeric"] and kinds["date"]


def test_names_are_spelled_as_in_the_source(tables: Tables) -> None:
    for table, names in {
        "produit": {"gencod-v", "mult-fou", "MScod_fou"},
        "client": {"TabPart_client"},
    }.items():
        assert names <= set(tables.columns(table))
    wild = [name for table in WIDTHS for name in tables.columns(table) if not name.islower()]
    assert len(wild) > 50


def test_every_column_has_its_label(tables: Tables) -> None:
    without = tables.rows(
        """
        select attrelid::regclass::text, attname::text from pg_attribute
        where attrelid in (select oid from pg_class where relnamespace = '"PUB"'::regnamespace
            and relkind = 'r')
        and attnum > 0 and col_description(attrelid, attnum) is null
        """
    )
    assert without == []
    label = """col_description('"PUB".client'::regclass, 1)"""
    assert tables.one(f"select {label}") == "Code client"


@pytest.mark.parametrize(
    ("table", "rows"),
    [("client", 154), ("fournis", 84), ("produit", 994), ("hisprixa", 1160), ("lignecli", 483)],
)
def test_the_scale_counts_rows(tables: Tables, table: str, rows: int) -> None:
    assert tables.one(f'select count(*) from "PUB".{table}') == rows


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("client", "cod_cli"),
        ("fournis", "cod_fou"),
        ("produit", "cod_pro"),
        ("hisprixa", "cod_fou, cod_pro, dat_px, hr_mod"),
        ("lignecli", "uniq_id"),
        ("tabgco", "type_tab, n_tab"),
    ],
)
def test_keys_are_unique_with_null_as_one_value(tables: Tables, table: str, key: str) -> None:
    assert not tables.rows(f'select {key} from "PUB".{table} group by {key} having count(*) > 1')


@pytest.mark.parametrize(
    ("table", "column", "permille"),
    [
        ("produit", "refint", 530),
        ("produit", "gencod-v", 968),
        ("hisprixa", "hr_mod", 106),
        ("lignecli", "devise", 360),
        ("client", "dat_mod", 22),
        ("fournis", "dat_mod", 79),
    ],
)
def test_shares_of_nulls(tables: Tables, table: str, column: str, permille: int) -> None:
    whole, filled = tables.rows(f'select count(*), count("{column}") from "PUB".{table}')[0]
    share = permille / 1000
    # Four standard deviations of so many draws; lines of one order are drawn together.
    spread = 4 * (share * (1 - share) / (whole / 4)) ** 0.5
    assert abs((whole - filled) / whole - share) < max(spread, 0.02)


def test_what_is_referred_to_exists(tables: Tables) -> None:
    for table, column, other in (
        ("lignecli", "cod_cli", "client"),
        ("lignecli", "cod_pro", "produit"),
        ("lignecli", "cod_fou", "fournis"),
        ("hisprixa", "cod_pro", "produit"),
        ("hisprixa", "cod_fou", "fournis"),
        ("produit", "cod_fou", "fournis"),
        ("produit", "MScod_fou", "fournis"),
    ):
        key = {"client": "cod_cli", "produit": "cod_pro", "fournis": "cod_fou"}[other]
        lost = tables.one(
            f'select count(*) from "PUB".{table} as a where a."{column}" is not null '
            f'and not exists (select from "PUB".{other} as b where b.{key} = a."{column}")'
        )
        assert lost == 0, (table, column)
        assert tables.one(f'select count(distinct "{column}") from "PUB".{table}') > 2


def test_codes_are_in_the_code_table(tables: Tables) -> None:
    for table, column, kind in (
        ("client", "famille", "FA"),
        ("produit", "famille", "FA"),
        ("fournis", "famille", "FA"),
        ("lignecli", "famille", "FA"),
        ("produit", "s_famille", "SF"),
        ("lignecli", "s_famille", "SF"),
        ("client", "depot::text", "DS"),
        ("lignecli", "depot::text", "DS"),
        ("hisprixa", "depot::text", "DS"),
    ):
        unknown = tables.rows(
            f'select distinct trim({column}) from "PUB".{table} '
            f"where trim({column}) not in ('?', '.', '---', '') and trim({column}) not in "
            f"(select n_tab from \"PUB\".tabgco where type_tab = '{kind}')"
        )
        assert unknown == [], (table, column)


def test_code_lists(tables: Tables) -> None:
    def values(table: str, column: str) -> set[Any]:
        return {value for (value,) in tables.rows(f'select distinct {column} from "PUB".{table}')}

    assert values("client", "statut") == {0, 1, 2, 3, 8, 9}
    assert values("produit", "statut") == {0, 1, 2, 8, 9}
    assert values("client", "typ_elem") == set(CUSTOMER_KINDS) and len(CUSTOMER_KINDS) == 11
    assert values("produit", "typ_elem") == set(PRODUCT_KINDS) and len(PRODUCT_KINDS) == 13
    assert values("lignecli", "typ_sai") == {"C", "F"}
    assert {"BU", "TR"} < values("produit", "groupe")
    assert values("hisprixa", "depot") == {1, 2}
    assert len(set(COUNTRIES)) == 119


def test_numbers_dates_and_answers_in_text_are_readable(tables: Tables) -> None:
    for table, column in (
        ("produit", "consigne"),
        ("produit", "ges_stk"),
        ("lignecli", "gratuit"),
        ("lignecli", "reliquat"),
    ):
        found = {v.lower() for (v,) in tables.rows(f'select distinct {column} from "PUB".{table}')}
        assert found <= YES | NO | EMPTY and found & YES and len(found & NO) > 2, column
    number = r"^ *[0-9][0-9 ]*([.,][0-9]+)?-?$"
    for table, text in (
        (
            "produit",
            "select poid_net as v from \"PUB\".produit where poid_net not in ('?', '.', '---', '')",
        ),
        ("hisprixa", "select unnest(string_to_array(px_ach_rq, ';')) as v from \"PUB\".hisprixa"),
        ("hisprixa", "select unnest(string_to_array(qte_rq, ';')) as v from \"PUB\".hisprixa"),
    ):
        assert tables.rows(f"select v from ({text}) as t where v !~ '{number}'") == [], table
    for shape in ("^ ", "[0-9] [0-9]", ",", "[.]"):
        assert tables.one(f"select count(*) from \"PUB\".produit where poid_net ~ '{shape}'"), shape
    # Every date exists: PostgreSQL would refuse to read one that does not.
    none = "('00/00/0000', '00000000', '?')"
    due, without = tables.rows(
        f"select count(to_date(dat_liv, 'DD/MM/YYYY')) filter (where dat_liv not in {none}), "
        f'count(*) filter (where dat_liv in {none}) from "PUB".lignecli'
    )[0]
    assert due > 400 and without > 5


def test_arrays_are_packed(tables: Tables) -> None:
    for table, extents in EXTENTS.items():
        for column, count in extents.items():
            plain = f"replace(replace({column}, '~~', ''), '~;', '')"
            lengths = {
                length
                for (length,) in tables.rows(
                    f"select distinct array_length(string_to_array({plain}, ';'), 1) "
                    f'from "PUB".{table}'
                )
            }
            assert count in lengths and max(lengths) == count, (table, column)
    assert tables.one("select count(*) from \"PUB\".client where adresse like '%~;%'")
    assert tables.one("select count(*) from \"PUB\".client where adresse like '%~~%'")


def test_each_quantity_break_is_greater_and_cheaper(tables: Tables) -> None:
    steps: Counter[int] = Counter()
    for quantities, prices in tables.rows('select qte_rq, px_ach_rq from "PUB".hisprixa'):
        counts = [float(part.replace(" ", "")) for part in quantities.split(";")]
        asked = [float(part.strip().replace(",", ".")) for part in prices.split(";")]
        used = [(count, price) for count, price in zip(counts, asked, strict=True) if count]
        assert used == sorted(used, key=lambda pair: (pair[0], -pair[1]))
        assert all(price > 0 for _, price in used)
        assert counts[len(used) :] == asked[len(used) :] == [0.0] * (10 - len(used))
        steps[len(used)] += 1
    assert {0, 1, 2, 10} <= set(steps)


def test_lines_add_up(tables: Tables) -> None:
    wrong = tables.one(
        """
        select count(*) from "PUB".lignecli
        where mt_ht not in (0, round(qte * px_vte * (1 - remise1 / 100), 2))
        """
    )
    assert wrong == 0
    states = tables.rows(
        'select distinct sign(qte_dejl), sign(qte - qte_dejl) from "PUB".lignecli order by 1, 2'
    )
    assert states == [(0, 1), (1, -1), (1, 0), (1, 1)]
    orders = tables.rows(
        """
        select no_cde, count(distinct cod_cli), count(distinct no_ligne) - count(*), min(no_ligne)
        from "PUB".lignecli group by no_cde
        """
    )
    assert all(order[1:] == (1, 0, 1) for order in orders)


def test_some_products_pass_the_filter_and_some_fail_each_rule(tables: Tables) -> None:
    for rule in (
        "typ_elem not in ('AR', 'ARC')",
        "statut = 9",
        "lower(consigne) in ('oui', 'y', 'yes', '1', 'true')",
        "cod_pro = 1",
        "refint like 'C%'",
        "groupe not in ('BU', 'TR')",
        "typ_elem in ('AR', 'ARC') and statut < 9 and groupe in ('BU', 'TR') "
        "and coalesce(refint, '') not like 'C%'",
    ):
        assert tables.one(f'select count(*) from "PUB".produit where {rule}'), rule


def test_prices_differ_and_suppliers_compete(tables: Tables) -> None:
    both = tables.one(
        'select count(*) from (select cod_pro from "PUB".hisprixa group by cod_pro '
        "having count(distinct cod_fou) > 1) as t"
    )
    twice = tables.one(
        'select count(*) from (select from "PUB".hisprixa group by cod_pro, cod_fou, dat_px '
        "having count(*) > 1) as t"
    )
    assert both > 20 and twice > 5
