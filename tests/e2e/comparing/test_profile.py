"""`entrepot profile`: what it says of a table is what the table holds, and it remembers."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ingest.catalog import DatabaseOrigin, load_catalog
from ingest.parts import Destination
from ingest.privacy.subjects import Person
from ingest.privacy.traces import Search, clean_control, in_control
from ingest.settings import STATE_DIR
from orchestration.relations import find
from tests.support.erp import erp_database
from tests.support.house import Done, House
from tests.support.private import ROOT

pytestmark = pytest.mark.e2e

REPORTS = STATE_DIR / "reports"
COLUMNS = """
    select attname, format_type(atttypid, atttypmod) from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and not attisdropped and attname !~ '^_'
    order by attnum
"""
DUE = "select count(*) from etl.vw_profiling_needed where source = 'erp' and table_name = %s"


class Page(HTMLParser):
    """The cells of a report by table, its tags that were opened and not closed, its addresses."""

    def __init__(self, path: Path):
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.wrong: list[str] = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [str(value) for name, value in attrs if name in ("href", "src")]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data


@pytest.fixture(scope="module")
def erp(house: House) -> Iterator[House]:
    """A house in which the ERP has landed."""
    with erp_database("profile_source") as url:
        house.variables |= {
            "ERP_URL": url,
            "ERP_COMPLET_URL": "",
            "ENTREPOT_PII_KEY": "a key for the tests",
        }
        house.ingest("--select", "erp")
        yield house


@pytest.fixture(scope="module")
def said(erp: House) -> Done:
    """What the command says of the widest table, the first time."""
    assert erp.value(DUE, ["produit"]) == 1
    return erp.entrepot("profile", "produit")


def answers(house: House, relation: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """An aggregate of each column, as plain SQL counts it; as many at once as PostgreSQL takes."""
    names, found = list(asked), {}
    for at in range(0, len(names), 400):
        some = names[at : at + 400]
        aggregates = ", ".join(asked[name] for name in some)
        (row,) = house.rows(f"select {aggregates} from {relation}")
        found |= dict(zip(some, row, strict=True))
    return found


def truth(name: str, kind: str) -> str:
    """Nulls, blanks, distinct values of a column."""
    text = kind.startswith(("text", "character"))
    blank = f"btrim(\"{name}\") = ''" if text else "false"
    return (
        f'array[count(*) filter (where "{name}" is null), count(*) filter (where {blank}),'
        f' count(distinct "{name}")]'
    )


def test_every_column_is_as_sql_counts_it(erp: House, said: Done) -> None:
    assert max(map(len, said.out.splitlines()[:-1])) <= 80, said.out
    assert "could be the key: cod_pro" in said.out
    rows = erp.value("select count(*) from raw_erp.produit")
    assert f"erp.produit: {rows:,} rows, 6" in said.out
    columns = erp.rows(COLUMNS, ["raw_erp.produit"])
    kept = {
        name: values
        for name, *values in erp.rows(
            "select column_name, nulls, blanks, distinct_values from etl.profiles"
            " where schema_name = 'raw_erp' and table_name = 'produit'"
        )
    }
    assert len(columns) > 580
    assert list(kept) != []
    asked = {name: truth(name, kind) for name, kind in columns}
    assert kept == answers(erp, "raw_erp.produit", asked)
    # It is noted, without a value, and no longer due.
    line = erp.rows(
        "select status, rows, error from etl.run_log"
        " where step = 'profile' and table_name = 'produit'"
    )
    assert line == [("ok", rows, None)]
    assert erp.value(DUE, ["produit"]) == 0


@pytest.mark.usefixtures("said")
def test_the_report_is_a_page_of_all_columns_and_of_nobody(erp: House) -> None:
    page = Page(REPORTS / "profile_raw_erp.produit.html")
    assert (page.wrong, page.open) == ([], [])
    assert all(address.startswith("#") for address in page.addresses)
    assert not re.search(r"https?:|<script|url\(", page.text)
    names = {row[0] for row in page.tables[-1][1:]}
    assert names == {name for name, _ in erp.rows(COLUMNS, ["raw_erp.produit"])}
    hidden = next(row for row in page.tables[-1] if row[0] == "usr_mod")
    assert "(personal)" in hidden
    people = erp.rows("select distinct usr_mod from raw_erp.produit where usr_mod is not null")
    assert people
    assert not any(person in page.text for (person,) in people)
    assert erp.rows(
        "select smallest, greatest from etl.profiles where column_name = 'usr_mod'"
        " and coalesce(smallest, greatest) is not null"
    ) == []  # fmt: skip


def test_what_it_suggests_to_exclude_can_be_pasted(erp: House, tmp_path: Path) -> None:
    data = json.loads(erp.quick("profile", "erp.produit", "--json").out)[0]
    page = (REPORTS / "profile_raw_erp.produit.html").read_text(encoding="utf-8")
    lines = re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert lines
    assert len(data["exclude"]) > 300
    for name in ("dbt_project.yml", "models"):
        source, copy = ROOT / name, tmp_path / name
        shutil.copytree(source, copy) if source.is_dir() else shutil.copyfile(source, copy)
    declared = tmp_path / "models/staging/erp/_erp__sources.yml"
    text = declared.read_text(encoding="utf-8")
    entry = text.index("- name: produit")
    place = text.index("ingest:\n", entry) + len("ingest:\n")
    pasted = lines[1].replace("&#39;", "'").replace("&amp;", "&")
    declared.write_text(f"{text[:place]}{pasted}\n{text[place:]}", encoding="utf-8")
    table = next(t for t in load_catalog(tmp_path).tables if t.key == "erp.produit")
    assert isinstance(table.origin, DatabaseOrigin)
    assert dict(table.origin.exclude) == data["exclude"]
    # By the names of the source, and nothing that says something or that a model reads.
    own = dict(
        erp.rows(
            "select source_name, column_name from etl.columns"
            " where source = 'erp' and table_name = 'produit'"
        )
    )
    read = {column.name for column in table.columns}
    assert not {own[name] for name in data["exclude"]} & read
    kinds = {
        name: f"count(distinct nullif(btrim(cast(\"{own[name]}\" as text)), ''))"
        for name in data["exclude"]
    }
    assert max(answers(erp, "raw_erp.produit", kinds).values()) <= 1


def test_what_changed_since_the_last_time_is_told(erp: House) -> None:
    erp.quick("profile", "erp.client")
    erp.call_sql(
        "update raw_erp.client set nom_cli = null where cod_cli % 3 = 0",
        "alter table raw_erp.client add column tout_neuf integer",
        "update raw_erp.client set dat_mod = date '2999-01-01' where ctid = (select min(ctid) from raw_erp.client)",  # noqa: E501
    )
    said = erp.quick("profile", "erp.client").out
    assert re.search(r"[34] changes since 20", said), said
    assert re.search(r"nom_cli: filled \d+\.\d%, was 100\.0%", said)
    assert "tout_neuf: is new, 0.0% filled" in said
    assert "dat_mod: greatest is 2999-01-01, was 20" in said
    status, error = erp.rows(
        "select status, error from etl.run_log where step = 'profile' and table_name = 'client'"
        " order by logged_at desc limit 1"
    )[0]
    assert status == "warn"
    assert re.fullmatch(r"\d changes since the last profile", error)
    again = erp.quick("profile", "erp.client").out
    assert "no changes since" in again


def test_only_the_newest_profiles_are_kept(erp: House) -> None:
    erp.quick("profile", "erp.tabgco")
    names = [name for name, _ in erp.rows(COLUMNS, ["etl.profiles"]) if name != "profiled_at"]
    erp.call_sql(
        f"insert into etl.profiles ({', '.join(names)}, profiled_at)"
        f" select {', '.join(names)}, profiled_at - n * interval '14 days'"
        " from etl.profiles, generate_series(1, 8) as n where table_name = 'tabgco'"
    )
    erp.quick("profile", "erp.tabgco")
    ages = "select distinct profiled_at::date - now()::date from etl.profiles where table_name = %s"
    assert {days for (days,) in erp.rows(ages, ["tabgco"])} == {0, -14, -28, -42, -56}
    moments = "select count(distinct profiled_at) from etl.profiles where table_name = %s"
    assert erp.value(moments, ["tabgco"]) == 6


def test_without_a_table_what_is_due_is_profiled(erp: House) -> None:
    erp.quick("profile", "erp.fournis")
    said = erp.quick("profile")
    assert "erp.hisprixa: " in said.out
    assert "erp.fournis" not in said.out  # not due
    assert "Report: " in said.out
    # What holds nothing stays due, and is told in one line.
    assert re.search(r"no rows, so no profile: .* and \d+ more", said.err)
    assert erp.value(DUE, ["hisprixa"]) == 0
    left = erp.quick("profile", "erp", "--due")
    assert "erp.hisprixa" not in left.out
    erp.call_sql(
        "update etl.run_log set logged_at = logged_at - interval '15 days'"
        " where step = 'profile' and table_name = 'hisprixa'"
    )
    assert "erp.hisprixa: " in erp.quick("profile", "hisprixa", "--due").out
    nothing = erp.quick("profile", "hisprixa", "--due")
    assert "nothing is due" in nothing.err


def test_a_model_is_profiled_by_name(erp: House) -> None:
    erp.call_sql(
        "create view dwh_staging.stg_essai as"
        " select cod_pro, usr_mod as auteur, 'Dupont' as nom_cli from raw_erp.produit",
        "alter view dwh_staging.stg_essai owner to entrepot_transformer",
    )
    data = json.loads(erp.quick("profile", "dim_date", "stg_essai", "--json").out)
    assert [one["table"] for one in data] == ["dim_date", "stg_essai"]
    days = data[0]
    assert "date_jour" in days["keys"]
    assert days["exclude"] == {}
    by_name = {column["name"]: column for column in data[1]["columns"]}
    # A pseudonym under another name is known by its form.
    assert by_name["auteur"]["is_hidden"]
    assert (by_name["auteur"]["smallest"], by_name["auteur"]["top"]) == (None, [])
    assert by_name["auteur"]["distinct"] > 1
    assert not by_name["cod_pro"]["is_hidden"]
    # And what is personal at its source, by its name.
    assert (by_name["nom_cli"]["smallest"], by_name["nom_cli"]["distinct"]) == (None, 1)
    assert erp.value(
        "select count(*) from etl.run_log where step = 'profile' and source = 'dbt'"
    ) == 2  # fmt: skip


def test_long_documents_far_numbers_and_odd_names_are_profiled(erp: House) -> None:
    """Where values are only estimated the server is asked, and `json` has no equality."""
    erp.call_sql(
        'create table dwh_marts."Ma table/é" as select'
        " json_build_object('n', n, 'x', repeat('x', 500)) as doc, 9007199254740992 + n as \"N%s\","
        " e' a\\n\\x1b[2Jb' || n % 2 as odd from generate_series(1, 3000) as n",
        'alter table dwh_marts."Ma table/é" owner to entrepot_transformer',
    )
    said = erp.quick("profile", "dwh_marts.Ma table/é").out
    erp.call_sql('drop table dwh_marts."Ma table/é"')
    assert "could be the key: doc, N%s" in said
    assert re.search(r"^N%s +100\.0% +3,000  90071992547…  90071992547…$", said, re.M), said
    assert "\x1b" not in said and "a\\n\\x1b[2J…" in said
    assert (REPORTS / "profile_dwh_marts.Ma_table_é.html").exists()


def test_readers_do_not_see_the_values(erp: House) -> None:
    asked = "select has_table_privilege('entrepot_{}', 'etl.profiles', 'select')"
    assert erp.value(asked.format("transformer")) is True
    assert erp.value(asked.format("reader")) is False
    assert erp.value(asked.format("zone_reader")) is False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no_such_table"], "no_such_table: no landed table"),
        (["erp.no_such"], "erp.no_such: no landed table"),
        (["pg_catalog.pg_class"], "pg_catalog.pg_class: no landed table"),
        (["same"], "same: it could be dwh_facts.same, dwh_marts.same"),
    ],
)
def test_a_wrong_request_is_one_line(erp: House, words: list[str], said: str) -> None:
    erp.call_sql(
        "create table if not exists dwh_facts.same (n int)",
        "create table if not exists dwh_marts.same (n int)",
    )
    done = erp.quick("profile", *words, codes=(2,))
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert done.out == ""


def test_a_view_that_fails_does_not_stop_the_others(erp: House) -> None:
    erp.call_sql(
        "create or replace view dwh_marts.broken as select 1 / (volume - volume) as secret"
        " from (select count(*) as volume from raw_erp.client) as counted",
        "alter view dwh_marts.broken owner to entrepot_transformer",
    )
    done = erp.quick("profile", "broken", "dim_date", codes=(1,))
    assert "broken: it could not be read" in done.err
    assert "dim_date: " in done.out
    line = erp.rows(
        "select status from etl.run_log where step = 'profile' and table_name = 'broken'"
    )
    assert line == [("failed",)]
    erp.call_sql("drop view dwh_marts.broken")


def test_what_is_due_is_known_to_a_view_that_must_be_built(erp: House) -> None:
    erp.call_sql("alter view etl.vw_profiling_needed rename to away")
    done = erp.quick("profile", codes=(2,))
    assert "entrepot build --select vw_profiling_needed" in done.err
    erp.call_sql("alter view etl.away rename to vw_profiling_needed")


def test_a_declared_table_that_never_came_is_told(erp: House) -> None:
    erp.call_sql("alter table raw_erp.typelem rename to away")
    done = erp.quick("profile", "typelem", codes=(2,))
    assert "typelem: nothing has landed in this target yet" in done.err
    # Of a source it is left out.
    with erp.cursor() as cursor:
        names = {one.name for one in find(cursor, load_catalog(), ["erp"])}
    assert "erp.client" in names and "erp.typelem" not in names
    erp.call_sql("alter table raw_erp.away rename to typelem")


def test_a_person_who_is_erased_leaves_the_profiles_too(erp: House) -> None:
    erp.quick("profile", "erp.client")
    erp.call_sql(
        "update etl.profiles set smallest = 'Dupont & Fils', greatest = 'x Dupont & Fils y'"
        " where table_name = 'client' and column_name = 'cod_cli'"
    )
    search = Search(Person("erp", "client", "0", ("no hash",)), ("Dupont & Fils",))
    with erp.cursor() as cursor:
        to = Destination("etl", "profiles")
        held = in_control(cursor, search, [])[to]
        assert held == erp.value(
            "select count(*) from etl.profiles where table_name = 'client'"
            " and column_name = 'cod_cli'"
        )
        assert held > 0
        clean_control(cursor, search, [])
        assert in_control(cursor, search, [])[to] == 0
