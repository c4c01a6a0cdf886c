"""The example queries of `analyses/`, as the reader role runs them."""

from __future__ import annotations

from contextlib import closing

from ingest import server
from ingest.settings import ROOT
from ingest.warehouse import connect
from tests.support.house import House


def silent_examples(house: House, pattern: str, *arguments: str) -> list[str]:
    """Run the examples that `pattern` names; those that returned no row, by name.

    Args:
        pattern: below `analyses/`, such as `atelier/commandes__*.sql`.
        arguments: of dbt, to compile them with; those of the build spare it parsing anew.
    """
    folder = pattern.split("/")[0]
    selected = "path:analyses" if "*" in folder else f"path:analyses/{folder}"
    house.dbt("compile", "--select", selected, *arguments)
    compiled = house.target / "compiled" / "entrepot" / "analyses"
    pages = sorted(compiled.glob(pattern))
    written = sorted((ROOT / "analyses").glob(pattern))
    assert pages and [page.name for page in pages] == [page.name for page in written]
    silent = []
    with (
        closing(connect(server.reader(house.name), autocommit=True)) as opened,
        opened.cursor() as cursor,
    ):
        for page in pages:
            cursor.execute(page.read_text(encoding="utf-8"))
            if not cursor.fetchall():
                silent.append(page.name)
    return silent
