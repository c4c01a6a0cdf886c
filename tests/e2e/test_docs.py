"""What docs/ promises: queries that run, marts that are named, drawings that are true."""

from __future__ import annotations

import json
import re
from contextlib import closing

import pytest

from ingest import server
from ingest.settings import ROOT
from ingest.warehouse import connect
from orchestration.drawings import PAGE, stars_page
from tests.support.house import House

pytestmark = pytest.mark.e2e

SQL = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)


def queries(page: str) -> list[str]:
    """The SQL blocks of a page, a statement each."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [query for block in SQL.findall(text) for query in block.split(";\n") if query.strip()]


@pytest.mark.parametrize(("page", "least"), [("coming-from.md", 25), ("analyst.md", 2)])
def test_every_query_of_the_page_runs(furnished_house: House, page: str, least: int) -> None:
    found = queries(page)
    assert len(found) >= least
    with (
        closing(connect(server.reader(furnished_house.name), autocommit=True)) as reader,
        closing(connect(furnished_house.warehouse, autocommit=True)) as owner,
    ):
        for query in found:
            # Readers have no right to the control tables, nor to sizes; all else is for them.
            opened = owner if re.search(r"\b(etl\.|pg_tables)", query) else reader
            with opened.cursor() as cursor:
                cursor.execute(query)
                assert cursor.description, query


def test_the_calendar_of_before_goes_on(furnished_house: House) -> None:
    """The rows that the replaced warehouse had, told by the reader under their own names."""
    with (
        closing(connect(server.reader(furnished_house.name), autocommit=True)) as reader,
        reader.cursor() as cursor,
    ):
        cursor.execute(
            "select count(*), count(distinct date_key), count(jour_ferie)"
            " from dwh_dimensions.dim_temps"
            " where date_full between '2020-01-01' and '2030-12-30'"
        )
        assert cursor.fetchone() == (4017, 4017, 44)
        cursor.execute(
            "select annee, mois, jour, trimestre, semaine, jour_semaine, nom_mois, nom_jour,"
            " libelle_trimestre, est_weekend, jour_ferie"
            " from dwh_dimensions.dim_temps where date_key = 20210801"
        )
        assert cursor.fetchone() == (
            *(2021, 8, 1, 3, 30, 0, "August", "Sunday", "T3", True),
            None,
        )


def test_the_stars_are_those_of_the_tests(furnished_house: House) -> None:
    manifest = json.loads((furnished_house.target / "manifest.json").read_bytes())
    drawn = PAGE.read_text(encoding="utf-8")
    assert drawn == stars_page(manifest), "write docs/stars.md anew with `entrepot docs`"


@pytest.mark.parametrize("page", ["analyst.md", "fr/analyste.md"])
def test_the_analyst_finds_every_mart_and_example(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    marts = {mart.stem for mart in (ROOT / "models" / "marts").rglob("mart_*.sql")}
    assert {mart for mart in marts if f"| `{mart}` |" not in text} == set()
    examples = {example.stem for example in (ROOT / "analyses").rglob("*.sql")}
    assert {example for example in examples if f"`{example}`" not in text} == set()
