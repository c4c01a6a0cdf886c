"""The pages of docs/ as HTML: links go on leading somewhere, and text is shown as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from ingest.settings import ROOT
from orchestration.pages import LINKS, write_pages

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]


def _links(page: Path) -> list[str]:
    parser = _Links()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


def test_links_lead_from_page_to_page_and_to_files(tmp_path: Path) -> None:
    docs, folder = tmp_path / "docs", tmp_path / "docs" / "site" / "pages"
    (docs / "fr").mkdir(parents=True)
    (tmp_path / "Makefile").touch()
    (docs / "analyst.md").write_text(
        "# A & B\n\n[fr](fr/page.md#x) [m](../Makefile) ![p](p.svg)`<b>`\n"
    )
    (docs / "fr" / "page.md").write_text("# P\n\n[up](../analyst.md) [net](https://example.org)\n")
    write_pages(folder, docs)
    (docs / "gone.md").write_text("# Gone\n")
    write_pages(folder, docs)
    (docs / "gone.md").unlink()
    write_pages(folder, docs)
    assert sorted(page.name for page in folder.rglob("*.html")) == ["analyst.html", "page.html"]
    home, analyst = "../index.html", "analyst.html"
    assert _links(folder / "analyst.html") == [
        home,
        analyst,
        "fr/page.html#x",
        "../../../Makefile",
        "../../p.svg",
    ]
    assert _links(folder / "fr" / "page.html") == [
        *(f"../{home}", f"../{analyst}", f"../{analyst}"),
        "https://example.org",
    ]
    text = (folder / "analyst.html").read_text(encoding="utf-8")
    assert "<title>A &amp; B</title>" in text and "<code>&lt;b&gt;</code>" in text
    assert '<html lang="fr">' in (folder / "fr" / "page.html").read_text(encoding="utf-8")


def test_tables_are_drawn_and_other_drawings_are_text(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "stars.md").write_text(
        "# S\n\n```mermaid\nerDiagram\n    dim_a {\n        text code_a PK\n    }\n```\n\n"
        "```mermaid\nflowchart LR\n    a --> b\n```\n"
    )
    write_pages(docs / "site", docs)
    text = (docs / "site" / "stars.html").read_text(encoding="utf-8")
    assert "<figure><svg" in text and "erDiagram" not in text
    assert "flowchart LR\n    a --&gt; b" in text


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_of_a_page_leads_to_something(page: Path) -> None:
    targets = LINK.findall(re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S))
    inside = [target.split("#")[0] for target in targets if "://" not in target]
    assert [name for name in inside if name and not (page.parent / unquote(name)).exists()] == []


def test_the_overview_leads_to_pages_that_are_written() -> None:
    overview = (ROOT / "models" / "overview.md").read_text(encoding="utf-8")
    led_to = {name for name in LINK.findall(overview) if name.startswith("pages/")}
    written = {f"pages/{Path(name).with_suffix('.html').as_posix()}" for name in LINKS}
    assert written <= led_to
    assert [
        name
        for name in led_to
        if not (ROOT / "docs" / name.removeprefix("pages/")).with_suffix(".md").exists()
    ] == []
