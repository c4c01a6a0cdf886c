"""What days and faults do to the tables of the ERP, and that the same arguments give the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg2
import pytest

from demo import erp
from demo.__main__ import main
from demo.erp.days import NEW_COLUMN, NEW_COLUMN_DAY
from demo.erp.faults import FAULTS, LONG_TEXT
from tests.support.erp import erp_database
from tests.support.sigeti import source_database

pytestmark = pytest.mark.e2e

KEYS = {
    "client": "cod_cli",
    "fournis": "cod_fou",
    "produit": "cod_pro",
    "hisprixa": "concat_ws('/', cod_fou, cod_pro, dat_px, hr_mod)",
    "lignecli": "uniq_id",
}
# Enough for every kind of change.
TINY = 0.004
Image = dict[Any, tuple[str, date | None]]


def query(url: str, text: str) -> list[tuple[Any, ...]]:
    opened = psycopg2.connect(url, client_encoding="UTF8", options="-c timezone=UTC")
    try:
        with opened.cursor() as cursor:
            cursor.execute(text)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        opened.commit()
        opened.close()


def digests(url: str) -> dict[str, str]:
    """One hash for each table."""
    return {
        table: query(
            url, f"select md5(string_agg(md5(t::text), '' order by md5(t::text))) "
                 f'from "PUB".{table} as t'
        )[0][0]
        for table in erp.TABLES
    }  # fmt: skip


def image(url: str, table: str) -> Image:
    """A hash of each row, without the column that came later, and the date it shows, by key."""
    found = query(
        url,
        f"select {KEYS[table]}, md5((to_jsonb(t) - '{NEW_COLUMN[0]}')::text), dat_mod "
        f'from "PUB".{table} as t',
    )
    return {key: (digest, shown) for key, digest, shown in found}


@pytest.fixture(scope="module")
def images() -> Iterator[list[dict[str, Image]]]:
    """The tables as they stand on six days in a row."""
    with source_database("erp_images") as url:
        opened = erp.connect(url)
        erp.create(opened, TINY)
        found = [{table: image(url, table) for table in KEYS}]
        for day in range(1, NEW_COLUMN_DAY + 1):
            assert erp.advance(opened, day) > 0
            assert erp.standing(opened) == erp.State(TINY, erp.DEMO_SEED, day)
            found.append({table: image(url, table) for table in KEYS})
        opened.close()
        yield found


def test_the_same_arguments_give_the_same_rows() -> None:
    with (
        erp_database("erp_once", scale=TINY, day=3) as at_once,
        erp_database("erp_steps", scale=TINY, day=1) as by_steps,
        erp_database("erp_other", scale=TINY, seed=5, day=3) as other,
    ):
        opened = erp.connect(by_steps)
        for day in (2, 3):
            erp.advance(opened, day)
        opened.close()
        found = digests(at_once)
        assert found == digests(by_steps)
        assert not found.items() & digests(other).items()
        columns = (
            "select table_name::text, column_name::text, data_type::text, column_default "
            "from information_schema.columns where table_schema = 'PUB' order by 1, 2"
        )
        assert query(other, columns) == query(at_once, columns)


@pytest.mark.parametrize("table", list(KEYS))
def test_rows_come_and_change_each_day(images: list[dict[str, Image]], table: str) -> None:
    for day in range(1, len(images)):
        before, after = images[day - 1][table], images[day][table]
        today = erp.BASE_DATE + timedelta(days=day)
        came = [shown for key, (_, shown) in after.items() if key not in before]
        changed = [
            shown for key, (digest, shown) in after.items()
            if key in before and before[key][0] != digest
        ]  # fmt: skip
        for dates in (came, changed):
            assert dates.count(today) >= 2
            # Committed late: one inside a lookback of one day, one beyond it.
            assert today - timedelta(days=1) in dates and today - timedelta(days=6) in dates
            assert max(shown for shown in dates if shown) == today


def test_closed_lines_vanish(images: list[dict[str, Image]]) -> None:
    for day in range(1, len(images)):
        for table in KEYS:
            gone = images[day - 1][table].keys() - images[day][table].keys()
            assert bool(gone) == (table in ("lignecli", "hisprixa")), (day, table)


def test_a_column_comes() -> None:
    text = (
        "select data_type::text from information_schema.columns where table_schema = 'PUB' "
        f"and column_name = '{NEW_COLUMN[0]}'"
    )
    with erp_database("erp_column", scale=TINY, day=NEW_COLUMN_DAY - 1) as url:
        assert query(url, text) == []
        opened = erp.connect(url)
        erp.advance(opened, NEW_COLUMN_DAY + 1)
        opened.close()
        assert query(url, text) == [("character varying",)]
        filled, rows = query(url, f'select count("{NEW_COLUMN[0]}"), count(*) from "PUB".client')[0]
        assert 0 < filled < rows


def test_days_bring_no_fault() -> None:
    """Keys stay unique with null as one value, and what is referred to exists."""
    with erp_database("erp_later", scale=TINY, day=12) as url:
        for table, key in {**KEYS, "hisprixa": "cod_fou, cod_pro, dat_px, hr_mod"}.items():
            assert not query(
                url, f'select {key} from "PUB".{table} group by {key} having count(*) > 1'
            ), table
        for table, key, other in (
            ("lignecli", "cod_cli", "client"),
            ("lignecli", "cod_pro", "produit"),
            ("hisprixa", "cod_pro", "produit"),
            ("hisprixa", "cod_fou", "fournis"),
        ):
            assert query(
                url,
                f'select count(*) from "PUB".{table} where {key} not in '
                f'(select {key} from "PUB".{other})',
            ) == [(0,)]
        assert query(url, 'select max(dat_mod) from "PUB".lignecli') == [
            (erp.BASE_DATE + timedelta(days=12),)
        ]
        assert query(url, 'select count(*) from "PUB".lignecli where uniq_id is null') == [(0,)]
        [(lines,)] = query(url, 'select count(*) from "PUB".lignecli')
        assert 150 < lines < 300


# Faults


def test_faults_are_put_in_once_and_stay() -> None:
    with erp_database("erp_faults", scale=TINY, faults=True) as url:
        opened = erp.connect(url)
        assert erp.spoil(opened) == 0
        erp.advance(opened, 2)
        opened.close()
        for text, found in (
            ('select count(*) from "PUB".lignecli where uniq_id is null', 1),
            ('select count(uniq_id) - count(distinct uniq_id) from "PUB".lignecli', 1),
            (
                "select count(*) from (select from \"PUB\".hisprixa group by "
                "cod_fou, cod_pro, dat_px, hr_mod having count(*) > 1) as t", 1,
            ),
            ("select count(*) from \"PUB\".lignecli where dat_liv = '31/02/2026'", 1),
            ("select count(*) from \"PUB\".lignecli where famille = 'ZZZ'", 1),
            ("select count(*) from \"PUB\".produit where poid_net = 'lourd'", 1),
            (f'select count(*) from "PUB".produit where length(desc_tech) = {LONG_TEXT}', 1),
            ("select count(*) from \"PUB\".client where adresse = 'a;b;c;d'", 1),
            ("select count(*) from \"PUB\".hisprixa where px_ach_rq like 'gratuit%'", 1),
        ):  # fmt: skip
            assert query(url, text) == [(found,)], text


def test_each_fault_concerns_one_row_and_a_delta_meets_it() -> None:
    with erp_database("erp_spoilt", scale=TINY, day=2) as url:
        opened = erp.connect(url)
        assert erp.spoil(opened) == len(FAULTS)
        opened.close()
        for table, key in (
            ("lignecli", "uniq_id"),
            ("hisprixa", "cod_fou, cod_pro, dat_px, hr_mod"),
        ):
            shown = query(
                url,
                f'select min(dat_mod), max(dat_mod) from "PUB".{table} '
                f"group by {key} having count(*) > 1",
            )
            assert shown == [(erp.BASE_DATE + timedelta(days=2),) * 2]


# The command


def ask(url: str, *arguments: str) -> int:
    return main(["erp", "--url", url, *arguments])


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1 and "Traceback" not in said.err
    return said.err


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with source_database("erp_command") as url:
        assert ask(url, "--scale", "0.002", "--day", "1") == 0
        assert capsys.readouterr().out.startswith("day 1: ")
        before = digests(url)
        # Without a day it stays where it is.
        assert ask(url, "--scale", "0.002") == 0
        assert capsys.readouterr().out.startswith("day 1: 0 rows")
        for arguments, said in (
            (("--scale", "0.002", "--day", "0"), "stands at day 1"),
            (("--scale", "1"), "--scale 0.002"),
            (("--scale", "0.002", "--seed", "3"), f"--seed {erp.DEMO_SEED}"),
            (("--scale", "0"), "from 0.001 to 50"),
            (("--scale", "nan"), "from 0.001 to 50"),
        ):
            assert ask(url, *arguments) == 2
            assert said in one_line(capsys)
        assert digests(url) == before
        schemas = "select distinct table_schema::text from information_schema.tables " \
                  "where table_schema !~ '^(pg_|information_schema)' order by 1"  # fmt: skip
        assert query(url, schemas) == [("PUB",), ("demo_state",)]


def test_a_database_of_somebody_else_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with source_database("erp_foreign") as url:
        query(url, 'create schema "PUB"; create table "PUB".client as select 1 as cod_cli')
        assert ask(url) == 2
        assert "PUB.client holds rows that this demo did not make" in one_line(capsys)
        assert query(url, 'select * from "PUB".client') == [(1,)]
