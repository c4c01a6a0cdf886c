"""Each example query of `analyses/` runs as the reader would run it, and answers."""

from __future__ import annotations

import pytest

from ingest import server
from ingest.settings import ROOT
from ingest.warehouse import connect
from tests.support.house import House

pytestmark = pytest.mark.e2e


def test_every_example_query_answers_the_reader(furnished_house: House) -> None:
    furnished_house.dbt("compile", "--select", "path:analyses")
    pages = sorted((furnished_house.target / "compiled" / "entrepot" / "analyses").rglob("*.sql"))
    assert len(pages) == len(list((ROOT / "analyses").rglob("*.sql"))) >= 42
    opened = connect(server.reader(furnished_house.name), autocommit=True)
    silent = []
    with opened.cursor() as cursor:
        for page in pages:
            cursor.execute(page.read_text(encoding="utf-8"))
            # Only Flux Vision has delivered here: the tests of the others ask their queries.
            if not cursor.fetchall() and page.parent.name == "tourisme":
                silent.append(page.name)
    opened.close()
    # No weekly figure of the first day has been replaced yet: these have nothing to compare.
    assert all(name.startswith("provisoire__") for name in silent), silent
